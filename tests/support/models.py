"""Small models that the tests make: real files for ONNX Runtime and LiteRT.

What they find depends on the picture: each score is multiplied by how red it is (0 to 1).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import Builder
from numpy.typing import ArrayLike, NDArray
from onnx import ModelProto, TensorProto, helper, numpy_helper, save_model

SIZE = 64  # pixels, of each side of the picture
CLASSES = 80
PERSON, CAR, DOG, BENCH = 0, 2, 16, 13  # numbers of COCO's classes


def class_scores(scores: Mapping[int, float], classes: int = CLASSES) -> NDArray[np.float32]:
    """Return a score for each class, 0 for those that are not given."""
    array = np.zeros(classes, np.float32)
    for number, score in scores.items():
        array[number] = score
    return array


def yolo(scores: Mapping[int, float], boxes: int = 100) -> NDArray[np.float32]:
    """Return the output of a YOLO v8: one of its boxes has these scores."""
    array = np.full((1, 4 + CLASSES, boxes), 0.01, np.float32)
    array[0, :4] = 20
    array[0, 4:, boxes // 2] = class_scores(scores)
    return array


def ssd(found: Sequence[tuple[int, float]]) -> dict[str, NDArray[np.float32]]:
    """Return the outputs of an SSD that found these classes with their scores, and whose other
    boxes are empty."""
    boxes, classes, scores = np.zeros((1, 10, 4)), np.zeros((1, 10)), np.full((1, 10), 0.001)
    for at, (number, score) in enumerate(found):
        boxes[0, at], classes[0, at], scores[0, at] = (0.1, 0.1, 0.5, 0.5), number, score
    return {
        "detection_boxes": boxes.astype(np.float32),
        "detection_classes": classes.astype(np.float32),
        "detection_scores": scores.astype(np.float32),
        "num_detections": np.array([len(found)], np.float32),
    }


def write_onnx(
    file: Path,
    outputs: Mapping[str, ArrayLike],
    *,
    shape: Sequence[int | str] = (1, 3, SIZE, SIZE),
    kind: int = TensorProto.FLOAT,
    scored: Sequence[str] | None = None,
) -> Path:
    """Write a model with an input of this shape and type, which returns these outputs; those that
    are `scored` (None: all) are multiplied by how large the first colour is."""
    is_planar = shape[1] == 3
    nodes = [
        helper.make_node("Cast", ["picture"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["numbers", "first"], ["red"], axis=1 if is_planar else 3),
        helper.make_node("ReduceMean", ["red"], ["mean"], keepdims=0),
    ]
    constants = [numpy_helper.from_array(np.array(0), "first")]
    results = []
    for name, output in outputs.items():
        array = np.asarray(output, np.float32)
        constants.append(numpy_helper.from_array(array, f"{name} of red"))
        results.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape))
        if scored is None or name in scored:
            nodes.append(helper.make_node("Mul", [f"{name} of red", "mean"], [name]))
        else:
            nodes.append(helper.make_node("Identity", [f"{name} of red"], [name]))
    picture = helper.make_tensor_value_info("picture", kind, shape)
    graph = helper.make_graph(nodes, "test", [picture], results, constants)
    version = [helper.make_opsetid("", 13)]
    model: ModelProto = helper.make_model(graph, opset_imports=version, ir_version=8)
    save_model(model, str(file))
    return file


def write_litert(
    file: Path,
    output: ArrayLike,
    *,
    kind: int = schema.TensorType.FLOAT32,
    shape: Sequence[int] = (1, SIZE, SIZE, 3),
) -> Path:
    """Write a model with a picture of this shape and type as its input, which returns this output,
    multiplied by the mean of the first colour. A shape of -1 is any size. Of signed bytes, scores
    below 0 are 0: black is -128."""
    array = np.asarray(output, np.float32)
    weights = np.zeros((array.size, 3), np.float32)
    weights[:, 0] = array.reshape(-1)
    fixed = [abs(one) for one in shape]
    buffers = [
        b"",
        np.array([1, 2], np.int32).tobytes(),
        weights.tobytes(),
        np.array(array.shape, np.int32).tobytes(),
    ]
    tensors = [
        _tensor("picture", fixed, kind, 0, shape if -1 in shape else None),
        _tensor("numbers", fixed, schema.TensorType.FLOAT32, 0),
        _tensor("axes", [2], schema.TensorType.INT32, 1),
        _tensor("mean", [1, 3], schema.TensorType.FLOAT32, 0),
        _tensor("weights", weights.shape, schema.TensorType.FLOAT32, 2),
        _tensor("scores", [1, array.size], schema.TensorType.FLOAT32, 0),
        _tensor("shape", [array.ndim], schema.TensorType.INT32, 3),
        _tensor("output", array.shape, schema.TensorType.FLOAT32, 0),
    ]
    operator = schema.BuiltinOperator
    codes = [operator.CAST, operator.MEAN, operator.FULLY_CONNECTED, operator.RESHAPE]
    steps = [([0], [1]), ([1, 2], [3]), ([3, 4, -1], [5]), ([5, 6], [7])]
    model = schema.ModelT()
    model.version = 3
    model.buffers = [_buffer(data) for data in buffers]
    model.operatorCodes = [_code(one) for one in codes]
    graph = schema.SubGraphT()
    graph.tensors, graph.inputs, graph.outputs = tensors, [0], [7]
    graph.operators = [_step(at, *one) for at, one in enumerate(steps)]
    graph.operators[2].builtinOptionsType = schema.BuiltinOptions.FullyConnectedOptions
    graph.operators[2].builtinOptions = schema.FullyConnectedOptionsT()
    if kind == schema.TensorType.INT8:
        relu = schema.ActivationFunctionType.RELU
        graph.operators[2].builtinOptions.fusedActivationFunction = relu
    graph.operators[1].builtinOptionsType = schema.BuiltinOptions.ReducerOptions
    graph.operators[1].builtinOptions = schema.ReducerOptionsT()
    model.subgraphs = [graph]
    builder = Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    file.write_bytes(bytes(builder.Output()))
    return file


def _tensor(
    name: str, shape: Sequence[int], kind: int, buffer: int, signature: Sequence[int] | None = None
) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.type, tensor.buffer = name, list(shape), kind, buffer
    tensor.shapeSignature = list(signature) if signature else None
    return tensor


def _buffer(data: bytes) -> schema.BufferT:
    buffer = schema.BufferT()
    buffer.data = list(data) if data else None
    return buffer


def _code(operator: int) -> schema.OperatorCodeT:
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = operator, operator, 1
    return code


def _step(code: int, inputs: list[int], outputs: list[int]) -> schema.OperatorT:
    step = schema.OperatorT()
    step.opcodeIndex, step.inputs, step.outputs = code, inputs, outputs
    return step
