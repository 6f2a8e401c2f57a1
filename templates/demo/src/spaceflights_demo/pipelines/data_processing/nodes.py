"""Cleaning and joining."""

import pandas as pd


def clean_companies(companies: pd.DataFrame) -> pd.DataFrame:
    """Make numbers of "87%" and truth values of "t"."""
    return companies.assign(
        rating=companies["rating"].str.rstrip("%").astype(float) / 100,
        approved=companies["approved"] == "t",
    ).dropna()


def clean_shuttles(shuttles: pd.DataFrame) -> pd.DataFrame:
    """Make numbers of "$1,234.00"."""
    price = shuttles["price"].str.replace("[$,]", "", regex=True).astype(float)
    return shuttles.assign(price=price).dropna()


def join_tables(companies: pd.DataFrame, shuttles: pd.DataFrame) -> pd.DataFrame:
    """Put each shuttle beside the company that flies it."""
    return shuttles.merge(companies, left_on="company", right_on="id", suffixes=("", "_company"))
