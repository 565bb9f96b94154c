output "cluster_arn" {
  description = "ARN of the cluster."
  value       = aws_rds_cluster.this.arn
}

output "cluster_identifier" {
  description = "Identifier of the cluster, as snapshots and metrics use it."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "cluster_resource_id" {
  description = "Resource id of the cluster, for rds-db:connect permissions."
  value       = aws_rds_cluster.this.cluster_resource_id
}

output "database_name" {
  description = "Name of the first database."
  value       = aws_rds_cluster.this.database_name
}

output "endpoint" {
  description = "Host name of the writer."
  value       = aws_rds_cluster.this.endpoint

  # A cluster without an instance accepts no connection.
  depends_on = [aws_rds_cluster_instance.this]
}

output "instance_identifiers" {
  description = "Identifiers of the instances; the first one starts as writer."
  value       = [for key in sort(keys(aws_rds_cluster_instance.this)) : aws_rds_cluster_instance.this[key].identifier]
}

output "kms_key_arn" {
  description = "KMS key of storage, snapshots, Performance Insights and the log."
  value       = aws_kms_key.this.arn
}

output "log_group_name" {
  description = "CloudWatch log group of the PostgreSQL log: audit, slow queries, connections."
  value       = aws_cloudwatch_log_group.postgresql.name
}

output "master_user_secret_arn" {
  description = "ARN of the secret with the master user's name and password, rotated by RDS."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "port" {
  description = "TCP port of the cluster."
  value       = aws_rds_cluster.this.port
}

output "reader_endpoint" {
  description = "Host name that spreads connections over the readers."
  value       = aws_rds_cluster.this.reader_endpoint

  depends_on = [aws_rds_cluster_instance.this]
}
