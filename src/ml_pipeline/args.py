"""Arguments that several functions share, with their help texts."""

from typing import Annotated

import dagger
from dagger import Doc

Source = Annotated[
    dagger.Directory | None,
    Doc("The project's root folder. Left out: the folder you are in, also as a toolchain."),
]
Data = Annotated[
    dagger.Directory | None,
    Doc("The data folder. Left out: the one in the project ([tool.ml-pipeline.data] directory, data/)."),
]
Reference = Annotated[
    dagger.Directory | None,
    Doc(
        "Compare the data with these: a data folder, or one that holds a profile.json, such as data/ of an exported "
        "report. Left out where there is a baseline: with the data that its model was trained on."
    ),
]
Epochs = Annotated[int | None, Doc("Epochs to train, 1 or more. Left out: [tool.ml-pipeline.train] epochs, else 10.")]
Gpu = Annotated[bool, Doc("Train in the CUDA image on the engine's GPUs; the command gets --device cuda.")]
Smoke = Annotated[
    bool,
    Doc("Cut rows and train one epoch: shows that every step works. Metrics do not decide; nothing is published."),
]
Model = Annotated[dagger.Directory, Doc("The folder that train returned: the model's files and training.json.")]
Baseline = Annotated[
    str,
    Doc("Reference of the image in production, scored on the same rows. Empty: there is none, a first release."),
]
DataReport = Annotated[
    dagger.Directory | None, Doc("The folder data/ of an exported report. Left out: the data are not judged.")
]
TestReport = Annotated[
    dagger.Directory | None, Doc("The folder test/ of an exported report. Left out: the tests are not judged.")
]
Remeasure = Annotated[bool, Doc("Measure the timings again, even where nothing changed.")]
