from kedro.pipeline import Pipeline, node


def plot_passenger_capacity(shuttles):
    return shuttles


def plot_review_scores(reviews):
    return reviews


def compare_models(*metrics):
    return metrics


def publish_dashboard(capacity, comparison, sales):
    return [capacity, comparison, sales]


def create_pipeline(**_):
    return Pipeline(
        [
            node(
                plot_passenger_capacity,
                "preprocessed_shuttles",
                "passenger_capacity_plot",
                name="plot_passenger_capacity",
            ),
            node(plot_review_scores, "preprocessed_reviews", "review_scores_plot", name="plot_review_scores"),
            node(
                compare_models,
                ["active_modelling.metrics", "candidate_modelling.metrics"],
                "model_comparison",
                name="compare_models",
            ),
            node(
                publish_dashboard,
                ["passenger_capacity_plot", "model_comparison", "sales_report"],
                "dashboard",
                name="publish_dashboard",
            ),
        ],
        tags=["team.reporting"],
    )
