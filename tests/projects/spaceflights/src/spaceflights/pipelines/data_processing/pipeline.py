import pandas as pd
from kedro.pipeline import Pipeline, node


def preprocess_companies(companies: pd.DataFrame) -> pd.DataFrame:
    return companies.assign(
        iata_approved=companies["iata_approved"].eq("t"),
        company_rating=pd.to_numeric(companies["company_rating"].str.rstrip("%")) / 100,
    )


def preprocess_shuttles(shuttles: pd.DataFrame) -> pd.DataFrame:
    return shuttles.assign(
        d_check_complete=shuttles["d_check_complete"].eq("t"),
        moon_clearance_complete=shuttles["moon_clearance_complete"].eq("t"),
        price=pd.to_numeric(shuttles["price"].str.replace("[$,]", "", regex=True)),
    )


def create_model_input_table(shuttles: pd.DataFrame, companies: pd.DataFrame, reviews: pd.DataFrame) -> pd.DataFrame:
    reviewed = shuttles.merge(reviews, left_on="id", right_on="shuttle_id")
    return reviewed.drop(columns="id").merge(companies, left_on="company_id", right_on="id").dropna()


def create_pipeline(**_):
    return Pipeline(
        [
            node(preprocess_companies, "companies", "preprocessed_companies", name="preprocess_companies_node"),
            node(preprocess_shuttles, "shuttles", "preprocessed_shuttles", name="preprocess_shuttles_node"),
            node(
                create_model_input_table,
                ["preprocessed_shuttles", "preprocessed_companies", "reviews"],
                "model_input_table",
                name="create_model_input_table_node",
            ),
        ]
    )
