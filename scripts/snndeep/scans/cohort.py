"""Whether a cohort can be split at all."""

from __future__ import annotations

from snndeep.errors import DatasetError


def check_cohort(diseased: int, healthy: int, folds: int, where: str, remedy: str) -> None:
    """Check that there are patients of both classes, and enough of each for every test part.

    Args:
        diseased: Number of diseased patients.
        healthy: Number of healthy patients.
        folds: Number of test parts.
        where: What the numbers were counted from.
        remedy: What to check if a class is missing.

    Raises:
        DatasetError: If a class is missing or has fewer patients than folds.
    """
    fewest = min(diseased, healthy)
    if fewest == 0:
        raise DatasetError(
            "The data set holds one class only.",
            where=where,
            found=f"{diseased} diseased and {healthy} healthy patients",
            expected="patients of both classes",
            remedy=remedy,
        )
    if fewest < folds:
        raise DatasetError(
            "There are fewer patients than folds.",
            where="splits.folds",
            found=f"{diseased} diseased and {healthy} healthy patients, {folds} folds",
            expected=f"at least {folds} patients of each class, one for each test part",
            remedy=f"Set splits.folds to {max(fewest, 2)} or less, or add patients.",
        )
