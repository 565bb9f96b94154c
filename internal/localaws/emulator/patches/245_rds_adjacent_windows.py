"""Fault: ModifyDBInstance takes windows that follow each other for overlapping.

Evidence: an instance of a cluster with the backup window 03:00-04:00 and the
maintenance window sun:04:00-sun:05:00, which AWS takes, refuses every change:
"The backup window and maintenance window must not overlap."

It can go when such an instance can be changed.
"""

from moto.rds import utils


def apply():
    overlap = utils.get_overlap_between_two_date_ranges

    def get_overlap_between_two_date_ranges(*ranges):
        seconds = overlap(*ranges)
        return seconds if seconds else -1  # the caller takes 0 for an overlap

    utils.get_overlap_between_two_date_ranges = get_overlap_between_two_date_ranges
