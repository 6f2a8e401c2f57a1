"""The pipeline of the model."""

from kedro.pipeline import Pipeline, node

from .nodes import evaluate_model, split_table, train_model


def create_pipeline(**_: object) -> Pipeline:
    """Split the table, train a model, evaluate it."""
    return Pipeline(
        [
            node(
                split_table,
                ["model_input", "params:test_share", "params:seed"],
                ["train_table", "test_table"],
                name="split_table",
            ),
            node(train_model, ["train_table", "params:features"], "price_model", name="train_model"),
            node(
                evaluate_model,
                ["price_model", "test_table", "params:features"],
                "score",
                name="evaluate_model",
            ),
        ]
    )
