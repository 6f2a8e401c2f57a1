"""The compiler: a Kedro project and its settings become a plan. ``compile`` is its entry.

Read the project    project_folder, kedro_loader and kedro_params (the only two with Kedro), kedro_version, conf_folder
Read the settings   config_source (files and lines), config_checks, batch_config, rules
Merge parameters    params_file, params
Know the nodes      nodes, node_selection, catalog, storage
Build the plan      grouping_names, grouping, groups, commands, job_names, join_jobs, plan_builder
Judge the result    checks, dataset_uses, explain
What goes in, out   inputs, compilation

All but the first rows are functions of their arguments. boto3 is never loaded, nothing is sent, no dataset is opened.
"""
