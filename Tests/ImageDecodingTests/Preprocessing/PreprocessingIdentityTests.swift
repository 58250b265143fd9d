import ImageDecoding
import Testing

private let decoder = "hsf-decode-1/jpeg-islow-fancy/png-round16-over-white"
/// What every version before there was a choice wrote into artefacts and shards.
private let old = decoder + " hsf-resize-1/area-down-linear-up/w12/stretch"

private let everything: [Preprocessing] = {
    var list: [Preprocessing] = []
    let fits: [ImageFit] = [
        .stretch, .letterbox, .cropThenStretch(perMille: 875), .cropThenStretch(perMille: 50),
        .cropThenStretch(perMille: 1_000), .crop(shorter: 256, offset: .roundEven),
        .crop(shorter: 1, offset: .floor),
    ]
    for fit in fits {
        for kernel in ResizeKernel.allCases {
            for orientation in Preprocessing.Orientation.allCases {
                for channels in Preprocessing.Channels.allCases {
                    for colours in [nil, .imageNet, Preprocessing.Colours.plusMinusOne] {
                        list.append(
                            Preprocessing(
                                fit: fit, kernel: kernel, orientation: orientation,
                                isTurned: list.count % 3 == 0, channels: channels, colours: colours))
                    }
                }
            }
        }
    }
    return list + PreprocessingPreset.allCases.map { $0.preprocessing(size: 224) }
}()

@Suite struct PreprocessingIdentityTests {
    @Test func theBuiltInOneIsWrittenAsEver() {
        #expect(Preprocessing.builtIn.identity == old)
        #expect(PreprocessingPreset.builtIn.preprocessing(size: 96) == .builtIn)
    }

    /// The texts are a format: a change of these is a change of files that people have.
    @Test func presetsAreWrittenLikeThis() {
        let texts: [PreprocessingPreset: String] = [
            .torchvision:
                "crop/shorter-256/offset-round-even/pillow-bilinear/k22/h-then-v "
                + "hsf-input-1/exif-ignore/turn-0/rgb/mean-0.485,0.456,0.406/std-0.229,0.224,0.225",
            .torchvisionV2:
                "crop/shorter-232/offset-round-even/pillow-bilinear/k22/h-then-v "
                + "hsf-input-1/exif-ignore/turn-0/rgb/mean-0.485,0.456,0.406/std-0.229,0.224,0.225",
            .timm:
                "crop/shorter-256/offset-round-even/pillow-bicubic/k22/h-then-v "
                + "hsf-input-1/exif-ignore/turn-0/rgb/mean-0.485,0.456,0.406/std-0.229,0.224,0.225",
            .hf:
                "crop/shorter-256/offset-floor/pillow-bilinear/k22/h-then-v "
                + "hsf-input-1/exif-ignore/turn-0/rgb/mean-0.5,0.5,0.5/std-0.5,0.5,0.5",
            .keras:
                "stretch/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb/mean-0.5,0.5,0.5/std-0.5,0.5,0.5",
            .tfSlim:
                "crop-then-stretch/centre-0.875/linear/w12 "
                + "hsf-input-1/exif-ignore/turn-0/rgb/mean-0.5,0.5,0.5/std-0.5,0.5,0.5",
        ]
        for (preset, text) in texts {
            #expect(preset.preprocessing(size: 224).identity == "\(decoder) hsf-resize-2/\(text)")
        }
        #expect(
            PreprocessingPreset.allCases.filter(\.isNearestEquivalent).map(\.title)
                == ["keras (nearest equivalent)", "tf-slim (nearest equivalent)"])
    }

    @Test func everyTextIsReadBackAndNoTwoAreAlike() throws {
        for preprocessing in everything {
            #expect(try Preprocessing(identity: preprocessing.identity) == preprocessing)
            #expect(preprocessing.identity.utf8.count <= Preprocessing.identityBytesMax)
        }
        #expect(Set(everything.map(\.identity)).count == Set(everything).count)
    }

    @Test func oldArtefactsKeepTheirMeaning() throws {
        for text in [old, "none", ""] {
            #expect(try Preprocessing(identity: text) == .builtIn, "\(text)")
        }
    }

    @Test(arguments: [
        "my-tool", old + " ", " " + old, old + "x", decoder, decoder + " hsf-resize-2/stretch/area/w12",
        decoder + " hsf-resize-9/stretch/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb",
        decoder
            + " hsf-resize-2/crop/shorter-0256/offset-floor/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb",
        decoder
            + " hsf-resize-2/crop/shorter-5000/offset-floor/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb",
        decoder + " hsf-resize-2/crop/shorter--1/offset-floor/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb",
        decoder + " hsf-resize-2/stretch/linear/w12 hsf-input-1/exif-ignore/turn-90/rgb",
        decoder + " hsf-resize-2/stretch/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb/mean-1,2,3/std-0,1,1",
        decoder
            + " hsf-resize-2/stretch/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb/mean-nan,2,3/std-1,1,1",
        decoder + " hsf-resize-2/stretch/linear/w12 hsf-input-1/exif-ignore/turn-0/rgb/mean-.5,2,3/std-1,1,1",
        String(repeating: "a", count: 1_000_000),
    ])
    func otherTextsAreRefusedByName(text: String) {
        #expect(throws: PreprocessingError.unknownIdentity(text)) { try Preprocessing(identity: text) }
        #expect(StatedPreprocessing(text).preprocessing == nil)
    }

    @Test func statementsAgreeByTextOrByMeaning() {
        let (mine, none, foreign) = (
            StatedPreprocessing(.builtIn), StatedPreprocessing("none"), StatedPreprocessing("my-tool")
        )
        #expect(mine.agrees(with: none) && none.agrees(with: mine) && foreign.agrees(with: foreign))
        #expect(!mine.agrees(with: foreign) && !foreign.agrees(with: StatedPreprocessing("other-tool")))
        let crop = StatedPreprocessing(PreprocessingPreset.torchvision.preprocessing(size: 224))
        #expect(!crop.agrees(with: mine))
    }

    @Test func aMismatchNamesBothAndEscapesForeignText() throws {
        let crop = StatedPreprocessing(PreprocessingPreset.timm.preprocessing(size: 224))
        let mismatch = try #require(
            PreprocessingMismatch(
                "the shard", StatedPreprocessing("a\u{1B}[31m\n" + String(repeating: "x", count: 9_000)),
                "the backbone", crop, advice: "do this"))
        let text = mismatch.description
        #expect(text.contains(crop.text) && text.contains("do this") && text.contains("the shard"))
        #expect(!text.contains("\u{1B}") && !text.contains("\n") && text.utf8.count < 1_500)
        #expect(PreprocessingMismatch("a", crop, "b", crop, advice: "") == nil)
    }

    @Test func aCropLargerThanThePictureIsRefused() {
        let preprocessing = Preprocessing(fit: .crop(shorter: 223, offset: .roundEven))
        #expect(throws: PreprocessingError.cropBeyondShorterSide(shorter: 223, size: 224)) {
            try TensorPreparation(preprocessing, size: 224)
        }
    }
}
