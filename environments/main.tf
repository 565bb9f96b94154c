locals {
  name = "${var.project}-${var.environment}"

  # The tool's own bucket: state.bucket of deploy.hcl.
  deploy_bucket = coalesce(var.delivery.bucket_name, "${local.name}-deploy")

  # The application's own origin comes first.
  cors_origins = distinct(concat([var.application_url], var.api.cors_origins))
}

module "network" {
  source = "../modules/network"

  availability_zones  = var.network.availability_zones
  cidr_block          = var.network.cidr_block
  flow_log            = var.network.flow_log
  gateway_endpoints   = var.network.gateway_endpoints
  interface_endpoints = var.network.interface_endpoints
  name                = local.name
  nat_gateways        = var.network.nat_gateways
  tags                = { Layer = "network" }
}

module "secrets" {
  source = "../modules/secrets"

  jwt_key              = var.secrets.jwt_key
  name                 = local.name
  recovery_window_days = var.secrets.recovery_window_days
  tags                 = { Layer = "secrets" }
}

module "database" {
  source = "../modules/database"

  apply_immediately     = var.database.apply_immediately
  availability_zones    = module.network.availability_zones
  backup_retention_days = var.database.backup_retention_days
  capacity_acu          = var.database.capacity_acu
  deletion_protection   = var.database.deletion_protection
  engine_version        = var.database.engine_version
  instance_count        = var.database.instance_count
  log_retention_days    = var.database.log_retention_days
  name                  = local.name
  secrets_kms_key_arn   = module.secrets.kms_key_arn
  security_group_id     = module.network.database_security_group_id
  skip_final_snapshot   = var.database.skip_final_snapshot
  subnet_ids            = module.network.private_subnet_ids
  tags                  = { Layer = "database" }
}

module "auth" {
  source = "../modules/auth"

  application_url     = var.application_url
  callback_urls       = var.auth.callback_urls
  deletion_protection = var.auth.deletion_protection
  domain_prefix       = var.auth.domain_prefix
  mail                = var.mail
  mfa                 = var.auth.mfa
  name                = local.name
  tags                = { Layer = "auth" }
  threat_protection   = var.auth.threat_protection
  token_validity      = var.auth.token_validity
}

module "functions" {
  source = "../modules/functions"

  architecture       = var.architecture
  functions          = { for name, function in local.functions : name => merge(function, { artifact = lookup(var.artifacts, name, null) }) }
  groups             = local.groups
  log_level          = var.functions.log_level
  log_retention_days = var.functions.log_retention_days
  name               = local.name
  placeholder_bucket = local.deploy_bucket
  security_group_ids = [module.network.functions_security_group_id]
  subnet_ids         = module.network.private_subnet_ids
  tags               = { Layer = "functions" }
}

module "workflow" {
  source = "../modules/workflow"

  functions          = { for name, function in module.functions.functions : name => function.alias_arn if contains(concat(keys(local.workflow_functions), ["task-generation"]), name) }
  log_retention_days = var.workflow.log_retention_days
  logs_kms_key_arn   = module.functions.logs_kms_key_arn
  name               = local.name
  tags               = { Layer = "workflow" }
}

module "api" {
  source = "../modules/api"

  account_logging    = var.api.account_logging
  cors_origins       = local.cors_origins
  domain             = var.api.domain
  functions          = module.functions.functions
  log_retention_days = var.api.log_retention_days
  logs_kms_key_arn   = module.functions.logs_kms_key_arn
  name               = local.name
  routes             = local.routes
  tags               = { Layer = "api" }
  throttle           = var.api.throttle
  user_pool_arn      = module.auth.user_pool_arn
  waf                = var.api.waf
}

module "reminders" {
  source = "../modules/reminders"

  function                    = module.functions.functions["reminder"]
  logs_kms_key_arn            = module.functions.logs_kms_key_arn
  mail_configuration_set_name = module.auth.mail_configuration_set_name
  name                        = local.name
  schedule                    = var.reminders.schedule
  tags                        = { Layer = "reminders" }
}

module "frontend" {
  source = "../modules/frontend"

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }

  api                    = { domain_name = module.api.domain_name, stage_name = module.api.stage_name }
  domain                 = var.frontend.domain
  force_destroy          = var.frontend.force_destroy
  geo_countries          = var.frontend.geo_countries
  log_retention_days     = var.frontend.log_retention_days
  name                   = local.name
  price_class            = var.frontend.price_class
  tags                   = { Layer = "frontend" }
  version_retention_days = var.frontend.version_retention_days
  wait_for_deployment    = var.frontend.wait_for_deployment
  waf                    = var.frontend.waf
}

module "audit" {
  source = "../modules/audit"

  data_events        = var.audit.data_events
  expiration_days    = var.audit.expiration_days
  force_destroy      = var.audit.force_destroy
  glacier_days       = var.audit.glacier_days
  ia_days            = var.audit.ia_days
  log_retention_days = var.audit.log_retention_days
  name               = local.name
  tags               = { Layer = "audit" }
}

module "monitoring" {
  source = "../modules/monitoring"

  providers = {
    aws           = aws
    aws.us_east_1 = aws.us_east_1
  }

  alerts = {
    emails        = var.monitoring.alarm_emails
    notice_topics = { workflow = module.workflow.notification_topic_arn }
    notifier      = module.functions.functions["slack-notifier"]
  }
  api = {
    access_log_group_name = module.api.access_log_group_name
    name                  = module.api.api_name
    stage_name            = module.api.stage_name
  }
  cost = {
    anomaly = var.monitoring.anomaly
    budget  = var.monitoring.budget
    tags    = { Environment = var.environment, Project = var.project }
  }
  database = {
    cluster_identifier   = module.database.cluster_identifier
    instance_identifiers = module.database.instance_identifiers
    log_group_name       = module.database.log_group_name
    maximum_acu          = var.database.capacity_acu.max
  }
  dead_letter_queue_names = {
    functions = module.functions.dead_letter_queue_name
    reminders = module.reminders.dead_letter_queue_name
  }
  distribution_id = module.frontend.distribution_id
  functions       = module.functions.functions
  name            = local.name
  reminders = {
    function_name = module.functions.functions["reminder"].function_name
    mail_metrics  = module.reminders.mail_metrics
  }
  state_machine = {
    arn            = module.workflow.state_machine_arn
    log_group_name = module.workflow.log_group_name
    name           = module.workflow.state_machine_name
  }
  tags       = { Layer = "monitoring" }
  thresholds = var.monitoring.thresholds
  tracing    = var.monitoring.tracing
}

module "delivery" {
  source = "../modules/delivery"

  bucket_name          = local.deploy_bucket
  create_oidc_provider = var.delivery.create_oidc_provider
  github = {
    branch      = var.delivery.branch
    environment = var.environment
    repository  = var.delivery.repository
  }
  name = local.name
  tags = { Layer = "delivery" }
}
