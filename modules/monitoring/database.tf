locals {
  # By position, so that the alarms' names do not repeat the prefix.
  database_instances = { for index, identifier in var.database.instance_identifiers : tostring(index + 1) => identifier }

  database_metrics = {
    for key, identifier in local.database_instances : key => {
      for name, stat in {
        CPUUtilization             = "Average"
        DatabaseConnections        = "Maximum"
        ServerlessDatabaseCapacity = "Average"
      } : name => { namespace = "AWS/RDS", name = name, dimensions = { DBInstanceIdentifier = identifier }, stat = stat }
    }
  }

  database_alarms = merge([
    for key, metrics in local.database_metrics : {
      "database-${key}-connections" = merge(local.timing.rate, {
        description = "R3.2: instance ${key} had more than ${var.thresholds.database_connections} connections for 2 x 5 minutes."
        comparison  = "GreaterThanThreshold"
        expression  = null
        metrics     = { connections = metrics.DatabaseConnections }
        missing     = "ignore" # database-N-unavailable tells that
        threshold   = var.thresholds.database_connections
      })
      "database-${key}-unavailable" = merge(local.timing.outage, {
        description = "Property 4: instance ${key} is at its limit of ${var.thresholds.database_connections_limit} connections or gave no sign of life in 2 of 3 minutes."
        comparison  = "GreaterThanOrEqualToThreshold"
        expression  = null
        metrics     = { connections = metrics.DatabaseConnections }
        missing     = "breaching" # a running instance reports every minute
        threshold   = var.thresholds.database_connections_limit
      })
      "database-${key}-capacity" = merge(local.timing.rate, {
        description = "R1.1: instance ${key} ran at its maximum of ${var.database.maximum_acu} ACU for 2 x 5 minutes."
        comparison  = "GreaterThanOrEqualToThreshold"
        expression  = null
        metrics     = { capacity = metrics.ServerlessDatabaseCapacity }
        missing     = "ignore"
        threshold   = var.database.maximum_acu
      })
      "database-${key}-cpu" = merge(local.timing.rate, {
        description = "R6.1: instance ${key} used more than ${var.thresholds.database_cpu_percent} % of its processors for 2 x 5 minutes."
        comparison  = "GreaterThanThreshold"
        expression  = null
        metrics     = { cpu = metrics.CPUUtilization }
        missing     = "ignore"
        threshold   = var.thresholds.database_cpu_percent
      })
    }
  ]...)
}
