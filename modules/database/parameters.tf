locals {
  major_version = split(".", var.engine_version)[0]

  # value and when it takes effect: immediate for dynamic parameters,
  # pending-reboot for static ones (new instances start with them).
  parameters = {
    "log_connections"            = { value = "1", apply_method = "immediate" }
    "log_disconnections"         = { value = "1", apply_method = "immediate" }
    "log_lock_waits"             = { value = "1", apply_method = "immediate" }
    "log_min_duration_statement" = { value = "1000", apply_method = "immediate" } # milliseconds
    # Structure, grants and changes; reads would fill the log with every page
    # view. Bound values are left out: they are personal data (R8.1).
    "pgaudit.log"              = { value = "ddl,role,write", apply_method = "immediate" }
    "pgaudit.log_parameter"    = { value = "0", apply_method = "immediate" }
    "rds.force_ssl"            = { value = "1", apply_method = "immediate" }
    "shared_preload_libraries" = { value = "pg_stat_statements,pgaudit", apply_method = "pending-reboot" }
  }
}

resource "aws_rds_cluster_parameter_group" "this" {
  # The major version is in the name, so that an upgrade makes the new group
  # beside the old one.
  name        = "${var.name}-${local.engine}${local.major_version}"
  description = "TLS, audit and slow-query log of ${var.name}"
  family      = "${local.engine}${local.major_version}"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      apply_method = parameter.value.apply_method
      name         = parameter.key
      value        = parameter.value.value
    }
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}
