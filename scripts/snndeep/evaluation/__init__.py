"""Evaluation: from scores to numbers that can be believed, in small modules without state.

    aggregation   slices to patients: the mean of a share of the slice scores, the highest; chosen on validation patients
    thresholds    the decision threshold, chosen on validation data
    calibration   scores to probabilities (Platt); slope, intercept and debiased error of calibration
    decision      share and threshold together, fitted on the validation part of a network and applied to new scores
    judging       what a fold's network, or several together with one calibration, say of its test part
    metrics       what is computed from labels, scores, calls and probabilities, and why it may be undefined
    bootstrap     resamples of patients, every metric under all resamples at once; ROC-AUC over pairs within a fold
    null          what scores that are noise reach over patients
    comparison    the one place of verdicts: families of differences, adjusted intervals (max-T); t-test over folds
    pairs         which models are compared, identical networks counted once
    arms          the gap between the protocols, taken apart: leakage and more patients
    net_benefit   decision curves
    operations    what an inference costs: synaptic operations, neuron updates, energy (an estimate)
    cost          the costs of every model, from what its jobs recorded
    headline      which models the answer is about, chosen on validation data
    claims        what the papers claim, compared with what was measured
    leakage       the guard: nothing of a test part enters what is fitted, tuned or trained
    study         all of it for a whole run; `tables` makes CSV tables of it

`metrics.json` is what `study.evaluate` returns. A number that cannot be computed is null, and the `undefined` beside it
says why by the number's name; a number is never NaN, and 0 means 0. Intervals are 95 %, over resampled patients.

    {
      "protocols": ["patient", "slice"],
      "metrics":   ["accuracy", "balanced_accuracy", "roc_auc", "pr_auc", "f1", "mcc", "sensitivity", "specificity",
                    "brier", "ece", "calibration_slope", "calibration_intercept"],
      "kinds":     {"custom/surrogate": "snn", "logistic": "classical", "geometry": "context", "image_geometry": "joint"},
      "models": {
        "custom/surrogate": {
          "patient": {                                     the protocol
            "validation_roc_auc": 0.84,                    of slices, mean over folds: what models are chosen by
            "slice": {                                     the unit; "patient" has the same keys
              "n": 480, "diseased": 201,
              "accuracy": 0.81, "roc_auc": 0.87, ...       every name of "metrics"
              "interval":  {"accuracy": [0.74, 0.88], ..., "mcc": null},
              "undefined": {"mcc": "every slice was called healthy"},
              "notes":     {"roc_auc": "pairs within 4 folds; undefined in 1: ..."}
            },
            "patient": {..., "n": 48, "patients": 48,      a patient tested in several folds counts in each
                        "null": {"roc_auc": 0.5, "interval": [0.36, 0.67]}},   what noise reaches
            "folds": [
              {"fold": 0, "networks": 1, "train": 260, "validation": 66, "test": 160,
               "slice":   {"n": 160, "diseased": 64, "accuracy": 0.8, ..., "undefined": {},
                           "validation": {"n": 66, "accuracy": 0.9, "roc_auc": 0.95},
                           "decisions": [{"top_share": null, "threshold": 0.48, "spread": 0.2}],  one for each network
                           "calibration": {"slope": 5.1, "intercept": -2.4}},
               "patient": {..., "decisions": [{"top_share": 0.1, ...}]}}
            ]
          },
          "slice": {...}
        }
      },
      "identical": {"patient": {"custom/surrogate": "custom/surrogate", "snntorch/surrogate": "custom/surrogate"}},
      "patients": [{"model": "custom/surrogate", "protocol": "patient", "fold": 0, "patient": "case_003", "label": 1,
                    "score": 0.71, "margin": 0.9, "probability": 0.83, "predicted": 1}],
      "comparisons": [{"protocol": "patient", "unit": "slice", "metric": "roc_auc",
                       "a": "custom/surrogate", "b": "boosting",
                       "difference": 0.012, "interval": [-0.04, 0.07], "p": 0.9,       a minus b; for the whole family
                       "verdict": "undecided",             better, worse, undecided or equal
                       "t": 0.4, "degrees": 4, "p_folds": 0.71, "p_folds_holm": 1.0,
                       "effect": 0.2,                      Cohen's d over folds
                       "undefined": {}}],
      "headline": {
        "patient": {
          "network": "custom/surrogate", "classical": "dense",             chosen on validation slices
          "networks": 3,                                   distinct ones
          "of_each_rule": ["custom/surrogate", ...],       chosen on validation slices, the best rule first
          "slice": {                                       and "patient"
            "family": 36,                                  differences that were judged together
            "against": {"boosting": {"a": ..., "b": ..., "difference": 0.01, "interval": [...], "p": 0.9,
                                     "verdict": "undecided"}, ...},        every model that is no spiking network
            "image": {...}                                 image_geometry minus geometry
          }
        }
      },
      "leakage": {                                         of the models that were trained in all three arms
        "custom/surrogate": {
          "arms": {"slice": {"roc_auc": 0.9, "interval": [...]}, "apart": {...}, "patient": {...}},
          "gap": {"difference": 0.12, "interval": [...], "p": 0.01, "verdict": "better", "undefined": {}},
          "leak": {...}, "more_patients": {...}}           gap = leak + more_patients
      },
      "decision_curves": {"patient": {"risks": [0.05, ...], "models": {"custom/surrogate": [...]}, "everybody": [...]}},
      "claims": [{"claim": "...", "source": "...", "paper": 0.9835 or null, "holds": "yes", "no", "partly" or "not measured",
                  "reason": "...",
                  "measured": [{"what": "...", "value": 0.952, "interval": [...] or null}]}],
      "cost": {
        "custom/surrogate": {
          "patient": {
            "parameters": 8450, "synaptic_operations": 5210.0, "neuron_updates": 528.0, "dense_operations": 270336,
            "unrolled_macs": 8448, "dense_macs": 2112, "input_sparsity": 0.8, "activation_sparsity": 0.9,
            "energy_pj": 7118.0, "dense_energy_pj": 9715.0, "energy_ratio": 1.36,
            "seconds_per_epoch": 0.03, "training_seconds": 1.9, "tuning_seconds": 30.0, "peak_memory_mb": 210.0,
            "latency_ms": 1.4,                              per patient, spikes to score
            "undefined": {"activation_sparsity": "a Tempotron has no hidden neurons"}
          }
        }
      },
      "settings": {"top_share": [0.05, 0.1, 0.25, 1.0], "bootstrap": 1000, "calibration_bins": 10, "seed": 7}
    }

`predictions.parquet` holds one row per model, protocol and test slice: model, protocol, fold, sample, patient, label,
score, margin, probability, predicted.
"""
