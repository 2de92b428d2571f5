"""Evaluation: from scores to numbers that can be believed, in small modules without state.

    aggregation   slices to patients: the mean of the k highest slice scores, k chosen on validation patients
    thresholds    the decision threshold, chosen on validation data
    calibration   scores to probabilities (Platt), expected calibration error
    decision      the three together, fitted on the validation part of a fold and applied to new scores
    judging       what a fold's network, or several together, say of its test part
    metrics       what is computed from labels, scores, calls and probabilities, and why it may be undefined
    bootstrap     resamples of patients, every metric under all resamples at once
    comparison    model against model: paired bootstrap, corrected resampled t-test, Holm, effect size
    operations    what an inference costs: synaptic operations, dense multiply-accumulates, energy (an estimate)
    cost          the costs of every model, from what its jobs recorded
    headline      does a spiking network beat the rest? and what the papers claim, beside what was measured
    leakage       the guard: nothing of a test part enters what is fitted, tuned or trained
    study         all of it for a whole run; `tables` makes CSV tables of it

`metrics.json` is what `study.evaluate` returns. A number that cannot be computed is null, and the `undefined` beside it
says why by the number's name; a number is never NaN, and 0 means 0. Intervals are 95 %, over resampled patients.

    {
      "protocols": ["patient", "slice"],
      "metrics":   ["accuracy", "balanced_accuracy", "roc_auc", "pr_auc", "f1", "mcc", "sensitivity", "specificity",
                    "brier", "ece"],
      "kinds":     {"custom/surrogate": "snn", "logistic": "classical", "boosting": "classical", "dense": "classical",
                    "constant": "context", "area": "context", "acquisition": "context"},
      "models": {
        "custom/surrogate": {
          "patient": {                                     the protocol
            "slice": {                                     the unit; "patient" has the same keys
              "n": 480, "diseased": 201,
              "accuracy": 0.81, "roc_auc": 0.87, ...       every name of "metrics"
              "interval":  {"accuracy": [0.74, 0.88], ..., "mcc": null},
              "undefined": {"mcc": "every slice was called healthy"},
              "notes":     {"roc_auc": "mean of 4 folds; undefined in 1: ..."}
            },
            "patient": {...},
            "folds": [
              {"fold": 0, "networks": 1, "train": 260, "validation": 66, "test": 160,
               "slice":   {"n": 160, "diseased": 64, "accuracy": 0.8, ..., "undefined": {},
                           "validation": {"n": 66, "accuracy": 0.9, "roc_auc": 0.95},
                           "decisions": [{"top_slices": null, "threshold": 0.48, "spread": 0.2,
                                          "slope": 5.1, "intercept": -2.4}]},                 one for each network
               "patient": {..., "decisions": [{"top_slices": 3, ...}]}}
            ]
          },
          "slice": {...}
        }
      },
      "patients": [{"model": "custom/surrogate", "protocol": "patient", "fold": 0, "patient": "case_003", "label": 1,
                    "score": 0.71, "margin": 0.9, "probability": 0.83, "predicted": 1}],
      "comparisons": [{"protocol": "patient", "unit": "slice", "metric": "roc_auc",
                       "a": "custom/surrogate", "b": "boosting",
                       "difference": 0.012, "interval": [-0.04, 0.07],       a minus b
                       "p_bootstrap": 0.64, "p_bootstrap_holm": 1.0,
                       "t": 0.4, "degrees": 4, "p_folds": 0.71, "p_folds_holm": 1.0,
                       "effect": 0.2,                      Cohen's d over folds
                       "undefined": {}}],
      "headline": {
        "patient": {
          "slice": {                                       and "patient"
            "best_snn":       {"model": "custom/surrogate", "roc_auc": 0.87, "interval": [...], "accuracy": 0.81,
                               "pr_auc": 0.84},
            "best_classical": {"model": "logistic", ...}, "area": {...}, "acquisition": {...}, "constant": {...},
            "against": {
              "classical": {"model": "logistic", "difference": 0.01, "interval": [-0.03, 0.05],
                            "verdict": "undecided"},       better, worse or undecided (the interval holds 0)
              "area": {...}, "acquisition": {...}, "constant": {...}
            },
            "sentence": "Split by patient, ..."
          }
        }
      },
      "claims": [{"claim": "...", "source": "...", "paper": 0.9835 or null, "holds": "yes", "no", "partly" or "not measured",
                  "reason": "...",
                  "measured": [{"what": "...", "value": 0.952, "interval": [...] or null}]}],
      "cost": {
        "custom/surrogate": {
          "patient": {
            "parameters": 8450, "synaptic_operations": 5210.0, "dense_operations": 270336, "dense_macs": 8448,
            "input_sparsity": 0.8, "activation_sparsity": 0.9, "energy_pj": 4689.0, "dense_energy_pj": 38861.0,
            "seconds_per_epoch": 0.03, "training_seconds": 1.9, "tuning_seconds": 30.0, "peak_memory_mb": 210.0,
            "latency_ms": 1.4,                              per patient, spikes to score
            "undefined": {"activation_sparsity": "a Tempotron has no hidden neurons"}
          }
        }
      },
      "settings": {"top_slices": [1, 3, 5, 10], "bootstrap": 1000, "calibration_bins": 10, "seed": 7}
    }

`predictions.parquet` holds one row per model, protocol and test slice: model, protocol, fold, sample, patient, label,
score, margin, probability, predicted.
"""
