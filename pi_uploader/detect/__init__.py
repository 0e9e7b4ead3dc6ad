"""What photos of motion show: a process of its own runs a model over them (docs/detection.md).

process.py: the loop, its limits. picture.py: from a photo to pixels. model.py: a model file with
its runtime (litert.py, onnx_runtime.py). outputs.py: what its numbers mean. class_names.py: their
names. report.py: its state, for `pi-uploader status` and `doctor`.
"""
