"""Plans, diffs and runs as people and tools read them. Values come in, text goes out; nothing is printed or sent here.

    Plan ----------> overview/build_overview -> Overview --+
                                                           +--> formats -> text of one output format
    old, new Plan -> diff/diff_plans --------> PlanDiff ---+
    journal -------> run/ -------------------------------------> how a run stands or ended
    its history ---> report/model -> Report -> report/formats -> where the time of a run went

What is computed, all pure:

- ``overview/``: a plan as one value: totals, jobs, data.
- ``diff/``: what differs between two plans. ``match_jobs`` pairs the jobs, ``diff_plans`` compares them,
  ``command_changes`` compares commands by word, ``risks`` finds what a reviewer must not miss.
- ``run/``: a run from its journal.
- ``report/``: the timeline of a run, its critical path, and what it used; with its own formats.

Which module makes which format, of an overview and of a diff:

- text: ``overview/view``, ``diff/view`` and ``diff/risk_lines`` prepare values for ``show.txt.j2`` and ``diff.txt.j2``.
- markdown: ``pull_request``, within the limits of a comment; ``markdown_escape`` keeps foreign text harmless.
- json: ``formats.render_json``; its schemas are ``overview.schema.json`` and ``diff.schema.json``.
- mermaid: ``mermaid``, also drawn inside Markdown.
- html: ``page/page``; ``page/page_data`` is what its scripts read, which place the boxes of the graph, too.

Add a format in ``formats``: that module alone knows them all. ``templates`` renders ``templates/*.j2``; ``formatting``
spells values, names and commands. ``diagnostics`` and ``explanation`` write what ``compile`` and ``validate`` report.
"""
