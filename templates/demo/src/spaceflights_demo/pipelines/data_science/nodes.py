"""Training and evaluation."""

import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split


def split_table(model_input: pd.DataFrame, test_share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep a share of the rows for the evaluation."""
    train, test = train_test_split(model_input, test_size=test_share, random_state=seed)
    return train, test


def train_model(train: pd.DataFrame, features: list[str]) -> LinearRegression:
    """Learn the price from the features."""
    return LinearRegression().fit(train[features], train["price"])


def evaluate_model(model: LinearRegression, test: pd.DataFrame, features: list[str]) -> dict[str, float]:
    """Compare what the model says with what it has not seen."""
    predicted = model.predict(test[features])
    return {
        "r2": round(float(r2_score(test["price"], predicted)), 3),
        "mean_absolute_error": round(float(mean_absolute_error(test["price"], predicted)), 1),
    }
