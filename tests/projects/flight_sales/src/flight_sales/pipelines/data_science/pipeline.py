from kedro.pipeline import Pipeline, node, pipeline


def split_data(table, options):
    rows = int(len(table) * options["test_size"])
    return table[rows:], table[:rows]


def train_model(train):
    return train


def evaluate_model(regressor, test):
    return {"r2": regressor.score(test)}


def create_pipeline(**_):
    modelling = Pipeline(
        [
            node(split_data, ["table", "params:model_options"], ["train", "test"], name="split_data"),
            node(train_model, "train", "regressor", name="train_model", tags=["training"]),
            node(evaluate_model, ["regressor", "test"], "metrics", name="evaluate_model"),
        ],
        tags=["team.science"],
    )
    return sum(
        (
            pipeline(
                modelling,
                namespace=namespace,
                inputs={"table": "model_input_table@pandas"},
                parameters={"params:model_options"},
            )
            for namespace in ["active_modelling", "candidate_modelling"]
        ),
        start=Pipeline([]),
    )
