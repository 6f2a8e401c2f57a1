from kedro.pipeline import Pipeline, node


def preprocess_companies(companies):
    return companies


def preprocess_shuttles(shuttles):
    return shuttles


def preprocess_reviews(reviews):
    return reviews


def create_model_input_table(shuttles, companies, reviews):
    return shuttles.join(companies).join(reviews)


def create_pipeline(**_):
    return Pipeline(
        [
            node(preprocess_companies, "companies", "preprocessed_companies", name="preprocess_companies"),
            node(preprocess_shuttles, "shuttles", "preprocessed_shuttles", name="preprocess_shuttles"),
            node(preprocess_reviews, "reviews", "preprocessed_reviews", name="preprocess_reviews"),
            node(
                create_model_input_table,
                ["preprocessed_shuttles", "preprocessed_companies", "preprocessed_reviews"],
                "model_input_table@spark",
                name="create_model_input_table",
                tags=["spark"],
            ),
        ],
        tags=["team.data"],
    )
