"""Every format of the report of a run: a report and a format come in, text goes out."""

from enum import StrEnum
from typing import assert_never

from kedro_batch.review.report.documents import render_report_csv, render_report_json
from kedro_batch.review.report.markdown import render_report_markdown
from kedro_batch.review.report.model import Report
from kedro_batch.review.report.page import render_report_page


class ReportFormat(StrEnum):
    """How a report is written."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"
    CSV = "csv"


def render_report(report: Report, output_format: ReportFormat) -> str:
    """Write a report in a format."""
    match output_format:
        case ReportFormat.HTML:
            return render_report_page(report)
        case ReportFormat.MARKDOWN:
            return render_report_markdown(report)
        case ReportFormat.JSON:
            return render_report_json(report)
        case ReportFormat.CSV:
            return render_report_csv(report)
        case _:
            assert_never(output_format)
