import pandas as pd
from kedro.pipeline import Pipeline, node
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split


def split_data(table: pd.DataFrame, options: dict):
    return train_test_split(
        table[options["features"]],
        table["price"],
        test_size=options["test_size"],
        random_state=options["random_state"],
    )


def train_model(features: pd.DataFrame, prices: pd.Series) -> LinearRegression:
    return LinearRegression().fit(features, prices)


def evaluate_model(model: LinearRegression, features: pd.DataFrame, prices: pd.Series) -> dict:
    return {"r2": float(r2_score(prices, model.predict(features))), "rows": len(prices)}


def create_pipeline(**_):
    return Pipeline(
        [
            node(
                split_data,
                ["model_input_table", "params:model_options"],
                ["X_train#split", "X_test#split", "y_train#split", "y_test#split"],
                name="split_data_node",
            ),
            node(train_model, ["X_train#split", "y_train#split"], "regressor", name="train_model_node"),
            node(
                evaluate_model,
                ["regressor", "X_test#split", "y_test#split"],
                "metrics",
                name="evaluate_model_node",
            ),
        ]
    )
