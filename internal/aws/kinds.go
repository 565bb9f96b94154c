package aws

// kind says how one type is adopted: how what a dead run created is found by
// planned values, and by which id Terraform imports it.
type kind struct {
	// find looks for what a creation would collide with or leave behind; nil
	// where there is nothing to look for.
	find finder
	// east: objects of this type may be in us-east-1, which CloudFront and
	// billing ask for, whatever the environment's region. Plans tell addresses
	// of the provider nowhere in their values, so both regions are looked at.
	east bool
	// imported is the template of the import id where that is not the reported
	// id: {name} is a planned value, {a|b} the first one set, {:name} that value
	// after a colon or nothing where it is unset, {id} the reported id. The
	// formats are those of the "Import" sections of the provider's
	// documentation, version 5.100.
	imported string
	// again: a creation writes the same over what is there, or leaves nothing
	// that anybody would miss, so a lost one needs no look-up. One that was
	// reported is imported all the same. No type belongs here whose computed
	// values name or bind another resource: that one would then be known too
	// late to be found, or be replaced.
	again bool
	// recreate: not even a reported one is imported, for it lives in the state
	// alone, or adopting it would replace it.
	recreate bool
	// never: the provider cannot import the type, and a second creation is not
	// harmless.
	never bool
}

// kinds lists every type that the project's root creates, and those whose
// import ids are known beside them. A type that is not listed is imported by
// its reported id and not looked for; what is left of it shows in Untracked,
// by its tags.
var kinds = map[string]kind{
	// Network. Numbered by AWS: known by tags and structure; rules and routes
	// by what they join.
	"aws_default_security_group":          {again: true}, // the VPC's own, taken over
	"aws_eip":                             {find: (*Client).findAddress},
	"aws_flow_log":                        {find: (*Client).findFlowLog},
	"aws_internet_gateway":                {find: (*Client).findInternetGateway},
	"aws_nat_gateway":                     {find: (*Client).findNATGateway},
	"aws_network_acl_rule":                {never: true}, // its import id lists every port
	"aws_route":                           {find: (*Client).findRoute, imported: "{route_table_id}_{destination_cidr_block|destination_ipv6_cidr_block|destination_prefix_list_id}"},
	"aws_route_table":                     {find: (*Client).findRouteTable},
	"aws_route_table_association":         {find: (*Client).findAssociation}, // ImportID asks for the two ends
	"aws_security_group":                  {find: (*Client).findSecurityGroup},
	"aws_security_group_rule":             {never: true}, // its import id lists every source; use the vpc_security_group_… types
	"aws_subnet":                          {find: (*Client).findSubnet},
	"aws_vpc":                             {find: (*Client).findVPC},
	"aws_vpc_endpoint":                    {find: (*Client).findEndpoint},
	"aws_vpc_security_group_egress_rule":  {find: (*Client).findEgressRule},
	"aws_vpc_security_group_ingress_rule": {find: (*Client).findIngressRule},

	// Keys, secrets, buckets. A bucket's settings are one each: a second
	// creation overwrites them.
	"aws_kms_alias":                                      {find: (*Client).findAlias, east: true},
	"aws_kms_key":                                        {find: (*Client).findPlannedKey, east: true},
	"aws_s3_bucket":                                      {find: (*Client).findBucket},
	"aws_s3_bucket_lifecycle_configuration":              {again: true},
	"aws_s3_bucket_logging":                              {again: true},
	"aws_s3_bucket_ownership_controls":                   {again: true},
	"aws_s3_bucket_policy":                               {again: true},
	"aws_s3_bucket_public_access_block":                  {again: true},
	"aws_s3_bucket_server_side_encryption_configuration": {again: true},
	"aws_s3_bucket_versioning":                           {again: true},
	// Written again, index.html would overwrite the release that came after it.
	"aws_s3_object":                      {find: named("object", (*Client).readObject, "bucket", "key"), imported: "{bucket}/{key}"},
	"aws_secretsmanager_secret":          {find: (*Client).findSecret},
	"aws_secretsmanager_secret_rotation": {again: true},
	"aws_secretsmanager_secret_version":  {find: (*Client).findSecretVersion}, // written only: again

	// Database.
	"aws_db_parameter_group":          {find: (*Client).findParameterGroup},
	"aws_db_subnet_group":             {find: (*Client).findSubnetGroup},
	"aws_rds_cluster":                 {find: (*Client).findCluster},
	"aws_rds_cluster_instance":        {find: (*Client).findInstance},
	"aws_rds_cluster_parameter_group": {find: (*Client).findClusterParameterGroup},

	// Permissions.
	"aws_iam_access_key":              {never: true}, // importable, but the secret is lost
	"aws_iam_group_policy_attachment": {imported: "{group}/{policy_arn}", again: true},
	"aws_iam_openid_connect_provider": {find: named("identity provider", (*Client).readIdentityProvider, "url")},
	"aws_iam_policy":                  {find: (*Client).findPolicy},
	"aws_iam_role":                    {find: (*Client).findRole},
	"aws_iam_role_policy":             {find: (*Client).findRolePolicy},
	"aws_iam_role_policy_attachment":  {find: (*Client).findAttachment, imported: "{role}/{policy_arn}"},
	"aws_iam_user_policy_attachment":  {imported: "{user}/{policy_arn}", again: true},

	// Sign-in and mail. SES gives a domain that it knows the same tokens again;
	// it is looked for because DNS records are named after them. The provider
	// replaces a client that it adopts: it cannot read whether there is a secret.
	"aws_cognito_identity_provider":        {imported: "{user_pool_id}:{provider_name}"},
	"aws_cognito_risk_configuration":       {again: true},
	"aws_cognito_user_group":               {find: named("user group", (*Client).readUserGroup, "user_pool_id", "name"), imported: "{user_pool_id}/{name}"},
	"aws_cognito_user_pool":                {find: listed("user pools", (*Client).listUserPools, "name")},
	"aws_cognito_user_pool_client":         {find: listed("user pool clients", (*Client).listUserPoolClients, "user_pool_id", "name"), imported: "{user_pool_id}/{id}"},
	"aws_cognito_user_pool_domain":         {find: named("user pool domain", (*Client).readUserPoolDomain, "domain", "user_pool_id")},
	"aws_ses_configuration_set":            {find: named("configuration set", (*Client).readConfigurationSet, "name")},
	"aws_ses_domain_dkim":                  {find: named("mail domain's keys", (*Client).readMailKeys, "domain")},
	"aws_ses_domain_identity":              {find: named("mail domain", (*Client).readMailDomain, "domain")},
	"aws_ses_domain_identity_verification": {recreate: true}, // only waits
	"aws_ses_event_destination":            {find: named("mail event destination", (*Client).readEventDestination, "configuration_set_name", "name"), imported: "{configuration_set_name}/{name}"},
	"aws_ses_template":                     {find: named("mail template", (*Client).readTemplate, "name")},

	// Functions, queues, topics, workflow, schedules. Put-style relations of a
	// function, a topic or a rule overwrite themselves.
	"aws_appautoscaling_policy":                 {imported: "{service_namespace}/{resource_id}/{scalable_dimension}/{name}", again: true},
	"aws_appautoscaling_target":                 {imported: "{service_namespace}/{resource_id}/{scalable_dimension}", again: true},
	"aws_cloudwatch_event_rule":                 {find: named("event rule", (*Client).readEventRule, "name")}, // permissions are bound to its ARN
	"aws_cloudwatch_event_target":               {imported: "{event_bus_name}/{rule}/{target_id}", again: true},
	"aws_lambda_alias":                          {find: named("alias", (*Client).readFunctionAlias, "function_name", "name"), imported: "{function_name}/{name}"},
	"aws_lambda_function":                       {find: named("function", (*Client).readFunction, "function_name")},
	"aws_lambda_function_event_invoke_config":   {again: true},
	"aws_lambda_invocation":                     {recreate: true},
	"aws_lambda_permission":                     {find: named("permission", (*Client).readPermission, "function_name", "statement_id"), imported: permissionImport},
	"aws_lambda_provisioned_concurrency_config": {imported: "{function_name},{qualifier}", again: true},
	"aws_scheduler_schedule":                    {find: named("schedule", (*Client).readSchedule, "group_name", "name")},
	"aws_scheduler_schedule_group":              {find: named("schedule group", (*Client).readScheduleGroup, "name")},
	"aws_sfn_state_machine":                     {find: named("state machine", (*Client).readStateMachine, "name")},
	"aws_sns_topic":                             {find: named("topic", (*Client).readTopic, "name"), east: true},
	"aws_sns_topic_policy":                      {again: true},
	"aws_sns_topic_subscription":                {find: named("subscription", (*Client).readSubscription, "topic_arn", "protocol", "endpoint"), east: true},
	"aws_sqs_queue":                             {find: named("queue", (*Client).readQueue, "name")},

	// The API. Its methods come with its body.
	"aws_api_gateway_account":              {again: true}, // one a region
	"aws_api_gateway_authorizer":           {imported: "{rest_api_id}/{id}"},
	"aws_api_gateway_base_path_mapping":    {find: named("base path mapping", (*Client).readBasePathMapping, "domain_name")},
	"aws_api_gateway_deployment":           {recreate: true}, // triggers cannot be read, so an adopted one is replaced; one that no stage uses goes with its API
	"aws_api_gateway_domain_name":          {find: named("domain name", (*Client).readDomainName, "domain_name")},
	"aws_api_gateway_gateway_response":     {imported: "{rest_api_id}/{response_type}", again: true},
	"aws_api_gateway_integration":          {imported: "{rest_api_id}/{resource_id}/{http_method}", again: true},
	"aws_api_gateway_integration_response": {imported: "{rest_api_id}/{resource_id}/{http_method}/{status_code}", again: true},
	"aws_api_gateway_method":               {imported: "{rest_api_id}/{resource_id}/{http_method}"},
	"aws_api_gateway_method_response":      {imported: "{rest_api_id}/{resource_id}/{http_method}/{status_code}"},
	"aws_api_gateway_method_settings":      {imported: "{rest_api_id}/{stage_name}/{method_path}", again: true},
	"aws_api_gateway_model":                {imported: "{rest_api_id}/{name}"},
	"aws_api_gateway_request_validator":    {imported: "{rest_api_id}/{id}"},
	"aws_api_gateway_resource":             {imported: "{rest_api_id}/{id}"},
	"aws_api_gateway_rest_api":             {find: listed("APIs", (*Client).listAPIs, "name")},
	"aws_api_gateway_stage":                {find: named("stage", (*Client).readStage, "rest_api_id", "stage_name"), imported: "{rest_api_id}/{stage_name}"},
	"aws_api_gateway_usage_plan_key":       {imported: "{usage_plan_id}/{key_id}"},

	// The edge: CloudFront, firewall, certificates, names.
	"aws_acm_certificate":                     {find: listed("certificates", (*Client).listCertificates, "domain_name"), east: true},
	"aws_acm_certificate_validation":          {recreate: true}, // only waits
	"aws_cloudfront_cache_policy":             {find: named("cache policy", (*Client).readCachePolicy, "name")},
	"aws_cloudfront_distribution":             {find: listed("distributions", (*Client).listDistributions)},
	"aws_cloudfront_function":                 {find: named("CloudFront function", (*Client).readEdgeFunction, "name")}, // an unpublished one is published by the update
	"aws_cloudfront_monitoring_subscription":  {find: named("monitoring subscription", (*Client).readMonitoringSubscription, "distribution_id")},
	"aws_cloudfront_origin_access_control":    {find: named("origin access control", (*Client).readOriginAccessControl, "name")},
	"aws_cloudfront_response_headers_policy":  {find: named("response headers policy", (*Client).readHeadersPolicy, "name")},
	"aws_route53_record":                      {find: named("record", (*Client).readRecord, "zone_id", "name", "type")},
	"aws_wafv2_ip_set":                        {imported: "{id}/{name}/{scope}"},
	"aws_wafv2_rule_group":                    {imported: "{id}/{name}/{scope}"},
	"aws_wafv2_web_acl":                       {find: named("web ACL", (*Client).readWebACL, "name", "scope"), imported: "{id}/{name}/{scope}"},
	"aws_wafv2_web_acl_association":           {again: true}, // a resource has one
	"aws_wafv2_web_acl_logging_configuration": {again: true}, // a web ACL has one

	// What is watched, and who is told. Alarms and dashboards are put by their
	// names.
	"aws_budgets_budget":                     {find: named("budget", (*Client).readBudget, "name")},
	"aws_ce_anomaly_monitor":                 {find: listed("anomaly monitors", (*Client).listAnomalyMonitors, "name")},
	"aws_ce_anomaly_subscription":            {find: listed("anomaly subscriptions", (*Client).listAnomalySubscriptions, "name")},
	"aws_cloudtrail":                         {find: named("trail", (*Client).readTrail, "name")},
	"aws_cloudwatch_dashboard":               {again: true},
	"aws_cloudwatch_log_group":               {find: (*Client).findLogGroup},
	"aws_cloudwatch_log_metric_filter":       {imported: "{log_group_name}:{name}", again: true},
	"aws_cloudwatch_log_resource_policy":     {again: true},
	"aws_cloudwatch_log_stream":              {imported: "{log_group_name}:{name}"},
	"aws_cloudwatch_log_subscription_filter": {imported: "{log_group_name}|{name}", again: true},
	"aws_cloudwatch_metric_alarm":            {again: true},
	"aws_cloudwatch_query_definition":        {find: listed("query definitions", (*Client).listQueryDefinitions, "name")}, // ImportID makes an ARN of it
	"aws_xray_group":                         {find: named("X-Ray group", (*Client).readTraceGroup, "group_name")},
	"aws_xray_sampling_rule":                 {find: named("sampling rule", (*Client).readSamplingRule, "rule_name")},

	// Of the state alone.
	"null_resource":   {recreate: true},
	"random_id":       {recreate: true},
	"random_integer":  {recreate: true},
	"random_password": {recreate: true},
	"random_pet":      {recreate: true},
	"random_shuffle":  {recreate: true},
	"random_string":   {recreate: true},
	"random_uuid":     {recreate: true},
	"terraform_data":  {recreate: true},
	"time_offset":     {recreate: true},
	"time_rotating":   {recreate: true},
	"time_sleep":      {recreate: true},
	"time_static":     {recreate: true},
}
