import pandas as pd
from kedro.pipeline import Pipeline, node


def report_capacity(shuttles: pd.DataFrame) -> dict:
    return shuttles.groupby("shuttle_type")["passenger_capacity"].mean().round(3).to_dict()


def create_pipeline(**_):
    return Pipeline([node(report_capacity, "preprocessed_shuttles", "capacity_report", name="report_capacity_node")])
