data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name

  engine = "aurora-postgresql"

  # Numbered, not named writer and reader: a failover swaps the roles.
  instances = {
    for index in range(var.instance_count) : tostring(index + 1) => {
      availability_zone = element(var.availability_zones, index)
      promotion_tier    = index
    }
  }
}

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids

  tags = var.tags
}

# One last snapshot per cluster that ever was: a fixed name would make the
# second destroy fail, because the first one's snapshot still has it.
resource "terraform_data" "final_snapshot" {
  triggers_replace = [var.name, aws_kms_key.this.arn]
}

# No prevent_destroy: rehearsals and tests must be able to destroy this module,
# and lifecycle takes no variables. AWS's own deletion protection, the final
# snapshot and the tool's guard for stateful resources stand in its place.
resource "aws_rds_cluster" "this" {
  cluster_identifier = var.name

  apply_immediately                   = var.apply_immediately
  backup_retention_period             = var.backup_retention_days
  copy_tags_to_snapshot               = true
  database_name                       = "goalmandalamain"
  db_cluster_parameter_group_name     = aws_rds_cluster_parameter_group.this.name
  db_subnet_group_name                = aws_db_subnet_group.this.name
  delete_automated_backups            = var.skip_final_snapshot
  deletion_protection                 = var.deletion_protection
  enabled_cloudwatch_logs_exports     = ["postgresql"]
  engine                              = local.engine
  engine_mode                         = "provisioned" # what Serverless v2 is called there
  engine_version                      = var.engine_version
  final_snapshot_identifier           = var.skip_final_snapshot ? null : "${var.name}-final-${substr(terraform_data.final_snapshot.id, 0, 8)}"
  iam_database_authentication_enabled = true
  kms_key_id                          = aws_kms_key.this.arn
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.secrets_kms_key_arn
  master_username                     = "mandala_admin"
  port                                = 5432
  preferred_backup_window             = "03:00-04:00"
  preferred_maintenance_window        = "sun:04:00-sun:05:00"
  skip_final_snapshot                 = var.skip_final_snapshot
  storage_encrypted                   = true
  vpc_security_group_ids              = [var.security_group_id]

  serverlessv2_scaling_configuration {
    max_capacity = var.capacity_acu.max
    min_capacity = var.capacity_acu.min
  }

  tags = merge(var.tags, { Name = var.name })

  # Created by Aurora otherwise, without key, retention and tags.
  depends_on = [aws_cloudwatch_log_group.postgresql]
}

resource "aws_rds_cluster_instance" "this" {
  for_each = local.instances

  apply_immediately = var.apply_immediately
  # Off, as AWS advises for a long-term-support release: a new minor version
  # comes through a previewed change of engine_version.
  auto_minor_version_upgrade            = false
  availability_zone                     = each.value.availability_zone
  cluster_identifier                    = aws_rds_cluster.this.id
  copy_tags_to_snapshot                 = true
  db_subnet_group_name                  = aws_db_subnet_group.this.name
  engine                                = aws_rds_cluster.this.engine
  engine_version                        = aws_rds_cluster.this.engine_version
  identifier                            = "${var.name}-${each.key}"
  instance_class                        = "db.serverless"
  monitoring_interval                   = 60 # seconds
  monitoring_role_arn                   = aws_iam_role.monitoring.arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.this.arn
  performance_insights_retention_period = 7 # days, the free tier
  preferred_maintenance_window          = "sun:04:00-sun:05:00"
  promotion_tier                        = each.value.promotion_tier
  publicly_accessible                   = false

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })

  # RDS refuses an instance whose monitoring role cannot write yet.
  depends_on = [aws_iam_role_policy_attachment.monitoring]
}

# RDS rotates the secret that it manages every 7 days by itself; this sets the
# schedule. No function of ours: RDS changes the password.
resource "aws_secretsmanager_secret_rotation" "master_user" {
  rotate_immediately = false
  secret_id          = aws_rds_cluster.this.master_user_secret[0].secret_arn

  rotation_rules {
    automatically_after_days = 30
  }
}
