from kedro.pipeline import Pipeline, node

REGIONS = [
    "austria",
    "belgium",
    "bulgaria",
    "croatia",
    "cyprus",
    "czechia",
    "denmark",
    "estonia",
    "finland",
    "france",
    "germany",
    "greece",
    "hungary",
    "ireland",
    "italy",
    "latvia",
    "lithuania",
    "malta",
    "netherlands",
    "poland",
    "portugal",
    "romania",
]


def summarise_sales(sales):
    return sales


def report_sales(*summaries):
    return summaries


def create_pipeline(**_):
    regional = [
        node(summarise_sales, f"sales_{region}", f"sales_summary_{region}", name=f"summarise_sales_{region}")
        for region in REGIONS
    ]
    report = node(
        report_sales,
        [f"sales_summary_{region}" for region in REGIONS],
        "sales_report",
        name="report_sales",
    )
    return Pipeline([*regional, report], tags=["team.sales"])
