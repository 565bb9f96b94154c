mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  availability_zones  = ["ap-northeast-1a", "ap-northeast-1c"]
  name                = "goal-mandala-test"
  secrets_kms_key_arn = "arn:aws:kms:ap-northeast-1:123456789012:key/00000000-0000-0000-0000-000000000000"
  security_group_id   = "sg-00000000000000000"
  subnet_ids          = ["subnet-00000000000000001", "subnet-00000000000000002"]
  tags                = { Layer = "database" }
}

run "cluster_follows_the_catalogue" {
  command = plan

  assert {
    condition     = aws_rds_cluster.this.engine == "aurora-postgresql" && aws_rds_cluster.this.engine_mode == "provisioned" && alltrue([for instance in aws_rds_cluster_instance.this : instance.instance_class == "db.serverless"])
    error_message = "R1.1: the database must be Aurora PostgreSQL Serverless v2."
  }

  assert {
    condition     = aws_rds_cluster.this.serverlessv2_scaling_configuration[0].min_capacity == 0.5 && aws_rds_cluster.this.serverlessv2_scaling_configuration[0].max_capacity == 2
    error_message = "R1.1: capacity must be 0.5 to 2.0 ACU."
  }

  assert {
    condition     = aws_rds_cluster.this.database_name == "goalmandalamain"
    error_message = "R1.1: the database must be goalmandalamain."
  }

  assert {
    condition     = aws_rds_cluster.this.backup_retention_period == 7 && aws_rds_cluster.this.preferred_backup_window == "03:00-04:00" && aws_rds_cluster.this.preferred_maintenance_window == "sun:04:00-sun:05:00"
    error_message = "R1.1: backups must be kept 7 days, with the catalogue's windows."
  }

  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_kms_key.this.enable_key_rotation
    error_message = "R1.1: storage must be encrypted with a rotating KMS key."
  }

  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot && !aws_rds_cluster.this.delete_automated_backups
    error_message = "R1.1: the database must be protected and leave a final snapshot and its backups."
  }

  assert {
    condition     = aws_rds_cluster.this.iam_database_authentication_enabled
    error_message = "R1.1: IAM authentication must be on."
  }

  assert {
    condition     = aws_rds_cluster.this.vpc_security_group_ids == toset([var.security_group_id])
    error_message = "R1.5: the cluster must have the database's security group only."
  }
}

run "two_instances_in_two_zones_are_watched" {
  command = plan

  assert {
    condition     = { for key, instance in aws_rds_cluster_instance.this : key => instance.availability_zone } == { "1" = "ap-northeast-1a", "2" = "ap-northeast-1c" }
    error_message = "R1.1: writer and reader must lie in two zones."
  }

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : instance.monitoring_interval == 60])
    error_message = "R1.1: enhanced monitoring must report every 60 s."
  }

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : instance.performance_insights_enabled && instance.performance_insights_retention_period == 7])
    error_message = "R1.1: Performance Insights must be on."
  }

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : !instance.publicly_accessible])
    error_message = "R4.3: no instance may have a public address."
  }

  assert {
    condition     = alltrue([for instance in aws_rds_cluster_instance.this : instance.tags.Layer == "database"])
    error_message = "The Layer tag must reach the instances."
  }
}

run "tls_audit_and_slow_queries" {
  command = plan

  assert {
    condition     = contains([for parameter in aws_rds_cluster_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "rds.force_ssl=1")
    error_message = "R1.1: TLS must be forced."
  }

  assert {
    condition     = contains([for parameter in aws_rds_cluster_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "log_min_duration_statement=1000")
    error_message = "R1.1: queries from 1,000 ms on must be logged."
  }

  assert {
    condition     = contains([for parameter in aws_rds_cluster_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "shared_preload_libraries=pg_stat_statements,pgaudit") && contains([for parameter in aws_rds_cluster_parameter_group.this.parameter : "${parameter.name}=${parameter.value}"], "pgaudit.log=ddl,role,write")
    error_message = "R1.1: audit logging must be on."
  }

  assert {
    condition     = aws_rds_cluster_parameter_group.this.family == "aurora-postgresql16"
    error_message = "R1.1: the parameter group must fit the engine version."
  }

  assert {
    condition     = aws_rds_cluster.this.enabled_cloudwatch_logs_exports == toset(["postgresql"]) && aws_cloudwatch_log_group.postgresql.name == "/aws/rds/cluster/goal-mandala-test/postgresql" && aws_cloudwatch_log_group.postgresql.retention_in_days == 30
    error_message = "R1.1: the log must be exported to a log group that keeps 30 days."
  }
}

run "master_password_is_managed_and_rotates" {
  command = plan

  assert {
    condition     = aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_user_secret_kms_key_id == var.secrets_kms_key_arn && aws_rds_cluster.this.master_password == null
    error_message = "R1.1: RDS must keep the master password in Secrets Manager, under the secrets' key."
  }

  assert {
    condition     = aws_secretsmanager_secret_rotation.master_user.rotation_rules[0].automatically_after_days == 30 && !aws_secretsmanager_secret_rotation.master_user.rotate_immediately
    error_message = "R1.1: credentials must rotate every 30 days."
  }
}

run "roles_are_narrow" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.monitoring.assume_role_policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:rds:ap-northeast-1:123456789012:db:goal-mandala-test-*"
    error_message = "R4.1: only this cluster's instances may use the monitoring role."
  }

  assert {
    condition     = aws_iam_role_policy_attachment.monitoring.policy_arn == "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    error_message = "R1.1: the monitoring role must hold AWS's own policy."
  }
}

run "a_throw_away_database" {
  command = plan

  variables {
    deletion_protection = false
    instance_count      = 3
    skip_final_snapshot = true
  }

  assert {
    condition     = aws_rds_cluster.this.final_snapshot_identifier == null && aws_rds_cluster.this.delete_automated_backups
    error_message = "A throw-away database must leave nothing behind."
  }

  assert {
    condition     = { for key, instance in aws_rds_cluster_instance.this : key => instance.availability_zone } == { "1" = "ap-northeast-1a", "2" = "ap-northeast-1c", "3" = "ap-northeast-1a" }
    error_message = "R1.1: instances must spread over the zones."
  }
}
