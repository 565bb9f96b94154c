"""Fault: ModifyDBCluster does not change which logs a cluster exports.

Evidence: after ModifyDBCluster CloudwatchLogsExportConfiguration
DisableLogTypes=[postgresql], EnabledCloudwatchLogsExports still names it:
moto looks for the setting under the name that CreateDBCluster has for it.

It can go when a changed list is read back.
"""

from moto.rds.models import RDSBackend


def apply():
    modify = RDSBackend.modify_db_cluster

    def modify_db_cluster(self, kwargs):
        asked = kwargs.pop("cloudwatch_logs_export_configuration", None) or {}
        answer = modify(self, kwargs)
        without = asked.get("DisableLogTypes") or []
        more = asked.get("EnableLogTypes") or []
        exports = answer.enabled_cloudwatch_logs_exports  # the stored cluster's own list
        exports[:] = [each for each in exports if each not in without]
        exports.extend(each for each in more if each not in exports)
        return answer

    RDSBackend.modify_db_cluster = modify_db_cluster
