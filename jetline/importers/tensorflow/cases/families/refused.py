"""What has no form in ONNX: text, files, audio, records, decoders of images, and handles to state."""
import numpy as np

from builder import raw, tf, v1

F32, I = np.float32, np.int32


def make(add):
    def refuse(op, what, build):
        add(op, what, build, refuse="tf.unsupported-op")
    text = lambda: v1.placeholder(tf.string, [None], name="s")
    one = lambda: v1.placeholder(tf.string, [], name="s")
    for op, f in {
        "StringLower": lambda: raw.StringLower(input=text()), "StringUpper": lambda: raw.StringUpper(input=text()),
        "StringLength": lambda: raw.StringLength(input=text()), "StringStrip": lambda: raw.StringStrip(input=text()),
        "StringJoin": lambda: raw.StringJoin(inputs=[text(), text()]), "Substr": lambda: raw.Substr(input=text(), pos=0, len=2),
        "RegexReplace": lambda: raw.RegexReplace(input=text(), pattern="a", rewrite="b"),
        "StringToHashBucketFast": lambda: raw.StringToHashBucketFast(input=text(), num_buckets=7),
        "StringToNumber": lambda: raw.StringToNumber(string_tensor=text()), "StringSplitV2": lambda: raw.StringSplitV2(input=text(), sep=" ")[1],
        "DecodeJpeg": lambda: raw.DecodeJpeg(contents=one()), "DecodePng": lambda: raw.DecodePng(contents=one()),
        "DecodeImage": lambda: raw.DecodeImage(contents=one()), "DecodeRaw": lambda: raw.DecodeRaw(bytes=text(), out_type=tf.uint8),
        "DecodeWav": lambda: raw.DecodeWav(contents=one())[0], "DecodeBase64": lambda: raw.DecodeBase64(input=text()),
        "DecodeCSV": lambda: raw.DecodeCSV(records=text(), record_defaults=[np.zeros(1, F32)])[0], "ReadFile": lambda: raw.ReadFile(filename=one()),
        "EncodeBase64": lambda: raw.EncodeBase64(input=text()), "UnicodeDecode": lambda: raw.UnicodeDecode(input=text(), input_encoding="UTF-8")[1],
    }.items():
        refuse(op, "text", lambda g: f())
    refuse("AsString", "number", lambda g: raw.AsString(input=g.input(g.normal(2))))
    refuse("EncodeJpeg", "image", lambda g: raw.EncodeJpeg(image=g.input(g.ints(0, 255, 2, 2, 3, dtype=np.uint8))))
    refuse("EncodePng", "image", lambda g: raw.EncodePng(image=g.input(g.ints(0, 255, 2, 2, 3, dtype=np.uint8))))
    refuse("AudioSpectrogram", "wave", lambda g: raw.AudioSpectrogram(input=g.input(g.normal(64, 1)), window_size=16, stride=8))
    refuse("Mfcc", "spectrum", lambda g: raw.Mfcc(spectrogram=g.input(g.uniform(0, 1, 1, 4, 65)), sample_rate=I(16000)))

    def parse(g):
        return tf.io.parse_example(text(), {"x": tf.io.FixedLenFeature([2], tf.float32)})["x"]
    refuse("ParseExampleV2", "two_numbers", parse)
    refuse("Svd", "values", lambda g: raw.Svd(input=g.input(g.normal(3, 2)))[0])
    refuse("SelfAdjointEigV2", "values", lambda g: raw.SelfAdjointEigV2(input=g.input(g.normal(3, 3)))[0])
    refuse("Qr", "matrix", lambda g: raw.Qr(input=g.input(g.normal(3, 3)))[0])
    refuse("FIFOQueueV2", "dequeued", lambda g: raw.QueueDequeueV2(handle=raw.FIFOQueueV2(component_types=[tf.float32]), component_types=[tf.float32])[0])
    refuse("IteratorV2", "next", lambda g: raw.IteratorGetNext(iterator=raw.IteratorV2(
        shared_name="", container="", output_types=[tf.float32], output_shapes=[[2]]), output_types=[tf.float32], output_shapes=[[2]])[0])
    refuse("PyFunc", "callback", lambda g: tf.numpy_function(lambda x: x, [g.input(g.normal(2))], tf.float32))

    # All of what is not supported is told at once, through calls too: this is the operator inside.
    def inside(g):
        f = tf.function(lambda s: tf.strings.length(s), autograph=False)
        return f(text()) + 1
    refuse("StringLength", "inside_a_function", inside)
