"""torchvision's and timm's MobileNetV2 with random weights and statistics that are not trivial, and images."""

import numpy
import torch


def torchvision():
    """The torchvision module; its custom operators may be built for another torch, networks do not need them."""
    register = torch.library.register_fake

    def tolerant(name, *arguments, **options):
        if str(name).startswith("torchvision::"):
            return lambda function: function
        return register(name, *arguments, **options)

    torch.library.register_fake = tolerant
    try:
        import torchvision as module
    finally:
        torch.library.register_fake = register
    return module


def images(count, size, seed):
    """Distinct images: smooth random colour fields at several scales, contrast and noise, uint8 NHWC."""
    generator = torch.Generator().manual_seed(seed)
    result = numpy.empty((count, size, size, 3), numpy.uint8)
    for index in range(count):
        field = torch.zeros(1, 3, size, size)
        for scale in (2, 4, 8, 16, 32):
            grid = torch.rand(1, 3, scale, scale, generator=generator) * 2 - 1
            weight = torch.rand(1, generator=generator)
            field += weight * torch.nn.functional.interpolate(grid, (size, size), mode="bilinear")
        offset = torch.rand(1, 3, 1, 1, generator=generator) * 160 + 48
        noise = torch.rand(1, 3, size, size, generator=generator) * 30 - 15
        pixels = (field * 90 + offset + noise).clamp(0, 255)
        result[index] = pixels[0].permute(1, 2, 0).to(torch.uint8).numpy()
    return result


def normalized(pixels):
    """What the networks read, float32 NCHW, in the order of operations that HaShiFlex documents."""
    mean = numpy.float32([0.485, 0.456, 0.406])
    spread = numpy.float32([0.229, 0.224, 0.225])
    values = (pixels.astype(numpy.float32) / numpy.float32(255) - mean) / spread
    return numpy.ascontiguousarray(values.transpose(0, 3, 1, 2))


def randomize(network, size, seed):
    """Weights, batch statistics and classifier such that layers are alive and logits differ between images."""
    torch.manual_seed(seed)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.6, 1.6)
            torch.nn.init.normal_(module.bias, 0, 0.5)
            # The plain average of all batches, without a trace of the initial statistics.
            module.momentum = None
        elif isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, 0, 0.1)
            torch.nn.init.normal_(module.bias, 0, 0.1)
    network.train()
    with torch.no_grad():
        for step in range(4):
            network(torch.from_numpy(normalized(images(8, size, seed + 1000 + step))))
        # Statistics of a trained network do not match the current batch exactly either.
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean += 0.1 * torch.randn_like(module.running_mean) * module.running_var.sqrt()
                module.running_var *= torch.empty_like(module.running_var).uniform_(0.7, 1.4)
    network.eval()
    return network


def spread_answers(network, size, seed):
    """Sets torchvision's classifier so that images differ in their answers: random features are nearly alike."""
    linear = network.classifier[1]
    with torch.no_grad():
        batches = [torch.from_numpy(normalized(images(16, size, seed + 2000 + step))) for step in range(6)]
        features = torch.cat([network.features(batch).mean([2, 3]) for batch in batches])
        spread = features.std(0)
        # Features that hardly vary would only contribute rounding errors.
        linear.weight /= spread.clamp_min(spread.median())
        linear.bias.copy_(-linear.weight @ features.mean(0))
    return network
