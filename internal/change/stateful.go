package change

// builtinStateful are the resource types whose loss is a loss of data, of
// access to data, or of evidence.
var builtinStateful = []string{
	"aws_backup_vault", "aws_cloudtrail", "aws_cloudwatch_log_group", "aws_cognito_user_pool",
	"aws_db_cluster_snapshot", "aws_db_instance", "aws_db_snapshot", "aws_docdb_cluster",
	"aws_dynamodb_table", "aws_ebs_volume", "aws_ecr_repository", "aws_efs_file_system",
	"aws_elasticache_replication_group", "aws_kinesis_stream", "aws_kms_key", "aws_kms_replica_key",
	"aws_msk_cluster", "aws_neptune_cluster", "aws_opensearch_domain", "aws_rds_cluster",
	"aws_rds_global_cluster", "aws_redshift_cluster", "aws_route53_zone", "aws_s3_bucket",
	"aws_secretsmanager_secret", "aws_ssm_parameter",
}

func statefulTypes(more []string) map[string]bool {
	types := map[string]bool{}
	for _, t := range builtinStateful {
		types[t] = true
	}
	for _, t := range more {
		types[t] = true
	}
	return types
}

// Guarded gives the changes that would lose a stateful resource and whose
// address is not in allowed.
func Guarded(changes []Change, allowed []string) []Change {
	named := map[string]bool{}
	for _, address := range allowed {
		named[address] = true
	}
	var guarded []Change
	for _, c := range changes {
		lost := c.Operation == Delete || c.Operation == Replace
		if lost && c.Stateful && !named[c.Address] {
			guarded = append(guarded, c)
		}
	}
	return guarded
}
