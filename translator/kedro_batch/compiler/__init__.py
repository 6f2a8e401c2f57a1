"""The compiler: a Kedro project and its settings become a plan. ``compile`` is its entry.

Read the project    project_folder, kedro_loader (the only module with Kedro), kedro_errors, kedro_version, conf_folder
Read the settings   config_source (files and lines), config_checks, batch_config, rules
Know the nodes      nodes, node_selection, catalog, storage
Build the plan      grouping_names, grouping, groups, commands, job_names, join_jobs, plan_builder
Judge the result    checks, dataset_uses, explain
What goes in, out   inputs, compilation

All but the first row are functions of their arguments. boto3 is never loaded, nothing is sent, no dataset is opened.
"""
