extension HelpChanges {
    /// How pictures become tensors: the same options wherever pictures are read.
    static let preprocessing = """
          --preprocess <preprocess>
                                  How pictures become tensors: torchvision,
                                  torchvision-v2, timm, hf, keras, tf-slim, built-in.
                Or a backbone, head or imported network that states it, a timm or
                Hugging Face configuration (.json), or the text itself, as model info
                prints it. keras and tf-slim are nearest equivalents.
          --fit <fit>             How a picture becomes a square: crop, stretch,
                                  crop-then-stretch or letterbox. (values: crop,
                                  stretch, crop-then-stretch, letterbox)
          --shorter <shorter>     With a crop: the shorter side before it, pixels.
          --crop-pct <crop-pct>   With a crop: its share, instead of --shorter; 0.875
                                  takes 224 out of 256.
          --resize <resize>       The kernel: pillow-bilinear, pillow-bicubic,
                                  pillow13-bilinear, pillow13-bicubic, area, linear.
                                  (values: area, linear, pillow-bilinear,
                                  pillow-bicubic, pillow13-bilinear, pillow13-bicubic)
          --exif <exif>           EXIF orientation of JPEG files: ignore or apply.
                                  (values: ignore, apply)
          --channels <channels>   Order of the channels: rgb or bgr. (values: rgb, bgr)
          --turn <turn>           Turn the tensor by 0 or 180 degrees.

        """

    /// What pages of preprocessing say beyond the record, page by page.
    static let pictures = [
        // The root.
        (
            "  export-onnx  ",
            "  preprocess              Write the tensors that a source's pictures become, as\n"
                + "                          a NumPy file.\n  export-onnx  "
        ),
        // bench
        (
            "OVERVIEW: Measure the engine and the pipeline; exactness is checked first.",
            "OVERVIEW: Measure the engine, the pipeline and the resize; exactness is checked\nfirst."
        ),
        (
            "engine, on the same cores.\n",
            """
            engine, on the same cores.
              resize                  Microseconds of a resize on one core, kernels in
                                      turns.

            """
        ),
        // doctor
        (
            "\nUSAGE: hashiflex doctor",
            """

            With --data also how the pictures of a source fare: how many are stretched, or
            carry an EXIF orientation that is ignored.

            USAGE: hashiflex doctor
            """
        ),
        (
            "[--isa <isa>] [--json]\n\nOPTIONS:\n  --brokers",
            "[--isa <isa>] [--data <data>] [--json]\n\nOPTIONS:\n  --brokers"
        ),
        (
            "  --json                  Print JSON, one check a line.",
            """
              --data <data>           Pictures to look at, any source that ingest reads; at
                                      most 10000 of them.
              --json                  Print JSON, one check a line.
            """
        ),
        // ingest
        (
            "size. Default: the built-in model's.",
            """
            size.
                    Default: what --preprocess names says; else 224 for a preset, the
                    built-in model's without.
            """
        ),
        (
            "  --stream <stream>       Name of the stream, with one source.",
            preprocessing + "  --stream <stream>       Name of the stream, with one source."
        ),
        // audit
        (
            "[--images <images>] [--json]\n\nOPTIONS:\n  --brokers",
            "[--images <images>] [--shards] [--json]\n\nOPTIONS:\n  --brokers"
        ),
        (
            "How many distinct images there must be.\n",
            """
            How many distinct images there must be.
              --shards                Read the shards as well: look for some left out, and
                                      compare the preprocessing of tensors.

            """
        ),
        // harden
        (
            "1 to 7. (default: 7)\n",
            """
            1 to 7. (default: 7)
              --terms <terms>         Powers of two in a weight: 1, or sums of up to 2 in
                                      every layer. Default: 1.
              --drop <drop>           Find the layers that need sums of two, giving up at
                                      most so many points.
                    Points of agreement with the float network on held-out images, beside
                    sums in every layer; 0 to 100. Hardens about seven times and prints
                    what each set of layers costs.
              --hold-out <hold-out>   Share of the images that is not calibrated on but
                                      compared on, 0 to 0.9. (default: 0.25)

            """
        ),
        ("OPTIONS:\n  --calibration", "OPTIONS:\n" + preprocessing + "  --calibration"),
        // model initialise
        (
            "initialise --calibration <calibration> [--images <images>] [--seed <seed>] [--width <width>] "
                + "[--size <size>] --output",
            "initialise [<options>] --calibration <calibration> --output"
        ),
    ]
}
