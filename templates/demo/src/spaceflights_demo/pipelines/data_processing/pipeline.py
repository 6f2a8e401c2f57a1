"""The pipeline of the data."""

from kedro.pipeline import Pipeline, node

from .nodes import clean_companies, clean_shuttles, join_tables


def create_pipeline(**_: object) -> Pipeline:
    """Clean both raw tables and join them."""
    return Pipeline(
        [
            node(clean_companies, "companies", "clean_companies", name="clean_companies"),
            node(clean_shuttles, "shuttles", "clean_shuttles", name="clean_shuttles"),
            node(join_tables, ["clean_companies", "clean_shuttles"], "model_input", name="join_tables"),
        ]
    )
