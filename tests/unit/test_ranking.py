from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from snndeep.errors import InvalidInputError
from snndeep.learning.ranking import roc_auc


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=60))
def test_equal_to_scikit_learn(pairs):
    labels, scores = (np.array(values) for values in zip(*pairs, strict=True))
    if labels.all() or not labels.any():
        with pytest.raises(InvalidInputError, match="labels"):
            roc_auc(labels, scores)
        return
    assert roc_auc(labels.astype(int), scores / 7) == pytest.approx(roc_auc_score(labels, scores / 7))


def test_known_values():
    assert roc_auc([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4]) == 1.0
    assert roc_auc([1, 1, 0, 0], [0.1, 0.2, 0.3, 0.4]) == 0.0
    assert roc_auc([0, 1], [0.5, 0.5]) == 0.5
