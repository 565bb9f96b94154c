mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/mocks-us-east-1"
}

# The mocked topics of a region would all be one.
override_resource {
  target          = aws_sns_topic.delivery
  override_during = plan
  values          = { arn = "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-test-alerts-delivery" }
}

variables {
  alerts = {
    emails        = ["operations@example.com"]
    notice_topics = { workflow = "arn:aws:sns:ap-northeast-1:123456789012:goal-mandala-test-workflow" }
    notifier = {
      alias_arn     = "arn:aws:lambda:ap-northeast-1:123456789012:function:goal-mandala-test-slack-notifier:live"
      alias_name    = "live"
      function_name = "goal-mandala-test-slack-notifier"
    }
  }
  api = {
    access_log_group_name = "/aws/apigateway/goal-mandala-test-api"
    name                  = "goal-mandala-test-api"
    stage_name            = "v1"
  }
  cost = {
    budget = { emails = ["owner@example.com"] }
    tags   = { Environment = "test", Project = "goal-mandala" }
  }
  database = {
    cluster_identifier   = "goal-mandala-test"
    instance_identifiers = ["goal-mandala-test-1", "goal-mandala-test-2"]
    log_group_name       = "/aws/rds/cluster/goal-mandala-test/postgresql"
  }
  dead_letter_queue_names = { functions = "goal-mandala-test-dead-letters", reminders = "goal-mandala-test-reminders-dead-letters" }
  distribution_id         = "EDFDVBD6EXAMPLE"
  functions = {
    auth           = { function_name = "goal-mandala-test-auth", log_group_name = "/aws/lambda/goal-mandala-test-auth" }
    reminder       = { function_name = "goal-mandala-test-reminder", log_group_name = "/aws/lambda/goal-mandala-test-reminder" }
    slack-notifier = { function_name = "goal-mandala-test-slack-notifier", log_group_name = "/aws/lambda/goal-mandala-test-slack-notifier" }
  }
  name = "goal-mandala-test"
  reminders = {
    function_name = "goal-mandala-test-reminder"
    mail_metrics  = { failed = "mails-failed", namespace = "goal-mandala-test/reminders", sent = "mails-sent" }
  }
  state_machine = {
    arn            = "arn:aws:states:ap-northeast-1:123456789012:stateMachine:goal-mandala-test-TaskGenerationWorkflow"
    log_group_name = "/aws/vendedlogs/states/goal-mandala-test-TaskGenerationWorkflow"
    name           = "goal-mandala-test-TaskGenerationWorkflow"
  }
  tags = { Layer = "monitoring" }
}

run "every_alarm_tells_when_it_comes_and_when_it_goes" {
  command = plan

  assert {
    condition = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.this :
      alarm.actions_enabled && (tolist(alarm.alarm_actions) == tolist([aws_sns_topic.this.arn])) != (startswith(key, "function-slack-notifier-") || key == "dead-letters-functions")
    ])
    error_message = "R3.2: every alarm must publish to the topic, those about the notifier apart."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.us_east_1 : tolist(alarm.alarm_actions) == tolist([aws_sns_topic.us_east_1.arn]) && alarm.actions_enabled])
    error_message = "R3.2: an alarm of us-east-1 must publish to the topic there: it reaches no other."
  }

  assert {
    condition = alltrue([for key, alarm in merge(aws_cloudwatch_metric_alarm.this, aws_cloudwatch_metric_alarm.us_east_1) :
      tolist(alarm.ok_actions) == tolist(alarm.alarm_actions) if !endswith(key, "-undelivered")
    ])
    error_message = "R3.2: who hears of an alarm must hear of its end."
  }

  assert {
    condition     = alltrue([for alarm in merge(local.alarms, local.global_alarms) : contains(["breaching", "ignore", "notBreaching"], alarm.missing)])
    error_message = "R3.2: every alarm must say what it means that there is no data."
  }

  assert {
    condition     = alltrue([for key, alarm in merge(aws_cloudwatch_metric_alarm.this, aws_cloudwatch_metric_alarm.us_east_1) : alarm.alarm_name == "goal-mandala-test-${key}" && alarm.tags.Layer == "monitoring"])
    error_message = "Every alarm must carry the prefix and the Layer tag."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : (alarm.metric_name == null) != (length(alarm.metric_query) == 0)])
    error_message = "An alarm has either one metric or arithmetic."
  }
}

run "everything_important_is_watched" {
  command = plan

  assert {
    condition = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(concat(
      ["alerts-undelivered", "api-5xx-outage", "api-5xx-rate", "api-latency-p95", "api-throttled"],
      ["reminders-duration", "reminders-errors", "reminders-mail-failure-rate", "workflow-failure-rate", "workflow-outage", "workflow-timeout"],
      flatten([for function in keys(var.functions) : [for kind in ["error-rate", "outage", "throttles"] : "function-${function}-${kind}"]]),
      flatten([for index in range(length(var.database.instance_identifiers)) : [for kind in ["capacity", "connections", "cpu", "unavailable"] : "database-${index + 1}-${kind}"]]),
      [for queue in keys(var.dead_letter_queue_names) : "dead-letters-${queue}"],
    ))
    error_message = "Property 3: the API, each function, each database instance, the workflow, the reminders, each dead-letter queue and the alerts themselves must have their alarms."
  }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.us_east_1)) == toset(["alerts-global-undelivered", "cloudfront-5xx-outage", "cloudfront-5xx-rate", "cloudfront-cache-hit-rate"])
    error_message = "Property 3: CloudFront and the alerts in us-east-1 must have their alarms there."
  }

  assert {
    condition = alltrue([for key, function in var.functions : alltrue([for kind in ["error-rate", "outage"] :
      toset([for query in aws_cloudwatch_metric_alarm.this["function-${key}-${kind}"].metric_query : "${query.metric[0].namespace} ${query.metric[0].metric_name} ${query.metric[0].dimensions.FunctionName}" if length(query.metric) > 0])
      == toset(["AWS/Lambda Errors ${function.function_name}", "AWS/Lambda Invocations ${function.function_name}"])
    ])])
    error_message = "R3.2: a function's error rate must be made of its own errors and invocations."
  }

  assert {
    condition     = alltrue([for key, name in var.dead_letter_queue_names : aws_cloudwatch_metric_alarm.this["dead-letters-${key}"].dimensions.QueueName == name && aws_cloudwatch_metric_alarm.this["dead-letters-${key}"].threshold == 0])
    error_message = "R6.3: a message in a dead-letter queue must alarm."
  }
}

run "the_catalogues_alarms_have_its_values" {
  command = plan

  assert {
    condition = { for key in ["api-5xx-rate", "function-auth-error-rate", "database-1-connections", "database-2-connections", "workflow-failure-rate"] : key =>
      "${aws_cloudwatch_metric_alarm.this[key].comparison_operator} ${aws_cloudwatch_metric_alarm.this[key].threshold}" } == {
      api-5xx-rate             = "GreaterThanThreshold 5"
      database-1-connections   = "GreaterThanThreshold 45"
      database-2-connections   = "GreaterThanThreshold 45"
      function-auth-error-rate = "GreaterThanThreshold 5"
      workflow-failure-rate    = "GreaterThanThreshold 10"
    }
    error_message = "R3.2: 5 % of the API's requests, 5 % of a function's invocations, 45 connections, 10 % of the executions."
  }

  assert {
    condition = alltrue([for key in ["api-5xx-rate", "function-auth-error-rate", "database-1-connections", "workflow-failure-rate"] :
      local.alarms[key].period_seconds == 300 && aws_cloudwatch_metric_alarm.this[key].evaluation_periods == 2 && aws_cloudwatch_metric_alarm.this[key].datapoints_to_alarm == 2
    ])
    error_message = "R3.2: the rates must be looked at over 2 x 5 minutes."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.us_east_1["cloudfront-5xx-rate"].threshold == 5 && aws_cloudwatch_metric_alarm.us_east_1["cloudfront-5xx-rate"].period == 300 && aws_cloudwatch_metric_alarm.us_east_1["cloudfront-5xx-rate"].evaluation_periods == 2
    error_message = "R3.2: CloudFront's 5xx rate must be looked at over 2 x 5 minutes."
  }

  assert {
    condition     = tomap(aws_cloudwatch_metric_alarm.us_east_1["cloudfront-5xx-rate"].dimensions) == tomap({ DistributionId = "EDFDVBD6EXAMPLE", Region = "Global" })
    error_message = "R3.2: CloudFront's metrics have the dimensions DistributionId and Region."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.us_east_1["cloudfront-cache-hit-rate"].comparison_operator == "LessThanThreshold" && aws_cloudwatch_metric_alarm.us_east_1["cloudfront-cache-hit-rate"].threshold == 80
    error_message = "R6.1: a cache hit rate below 80 % must alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["api-latency-p95"].extended_statistic == "p95" && aws_cloudwatch_metric_alarm.this["api-latency-p95"].statistic == null && aws_cloudwatch_metric_alarm.this["api-latency-p95"].threshold == 2000
    error_message = "R6.1: a p95 latency of more than 2 s must alarm."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-1-capacity"].comparison_operator == "GreaterThanOrEqualToThreshold" && aws_cloudwatch_metric_alarm.this["database-1-capacity"].threshold == 2
    error_message = "R1.1: the database at its maximum of 2 ACU must alarm."
  }

  assert {
    condition = { for key in ["reminders-errors", "reminders-duration", "reminders-mail-failure-rate"] : key => aws_cloudwatch_metric_alarm.this[key].threshold } == {
      reminders-duration          = 240000
      reminders-errors            = 0
      reminders-mail-failure-rate = 5
    }
    error_message = "R1.7: an error, 240,000 ms and 5 % of failed mails must alarm."
  }

  assert {
    condition     = alltrue([for key, alarm in aws_cloudwatch_metric_alarm.this : alarm.evaluation_periods == 1 if startswith(key, "reminders-")])
    error_message = "R1.7: the function runs once a day, so two periods in a row never have data."
  }

  assert {
    condition     = toset([for query in aws_cloudwatch_metric_alarm.this["reminders-mail-failure-rate"].metric_query : "${query.metric[0].namespace} ${query.metric[0].metric_name}" if length(query.metric) > 0]) == toset(["goal-mandala-test/reminders mails-failed", "goal-mandala-test/reminders mails-sent"])
    error_message = "R1.7: the rate of failed mails must be made of the reminders' own metrics."
  }
}

run "an_outage_alarms_within_five_minutes" {
  command = plan

  assert {
    condition     = alltrue([for key in keys(merge(local.alarms, local.global_alarms)) : merge(local.alarms, local.global_alarms)[key].period_seconds * merge(local.alarms, local.global_alarms)[key].periods <= 180 if endswith(key, "-outage") && key != "workflow-outage" || endswith(key, "-unavailable")])
    error_message = "Property 4: 3 minutes of data and a minute of delay are less than 5."
  }

  assert {
    condition     = local.alarms.workflow-outage.periods == 1 && local.alarms.workflow-outage.period_seconds == 300 && local.alarms.workflow-outage.threshold == 3
    error_message = "Property 4: failed executions must alarm without a second period."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.this["database-1-unavailable"].treat_missing_data == "breaching"
    error_message = "Property 4: a database instance that reports nothing is an anomaly."
  }
}

run "both_topics_are_encrypted_and_reach_slack_and_mail" {
  command = plan

  assert {
    condition     = aws_sns_topic.this.name == "goal-mandala-test-alerts" && aws_sns_topic.us_east_1.name == "goal-mandala-test-alerts-global"
    error_message = "R3.2: the topic must be called NAME-alerts."
  }

  assert {
    condition     = aws_sns_topic.this.kms_master_key_id == aws_kms_key.this.arn && aws_sns_topic.us_east_1.kms_master_key_id == aws_kms_key.us_east_1.arn
    error_message = "R4.4: both topics must be encrypted with a key of this module."
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.us_east_1.enable_key_rotation
    error_message = "R4.4: the keys must rotate."
  }

  assert {
    condition = alltrue([for policies in [[aws_kms_key.this.policy, aws_sns_topic_policy.this.policy], [aws_kms_key.us_east_1.policy, aws_sns_topic_policy.us_east_1.policy]] :
      toset([for statement in jsondecode(policies[0]).Statement : statement.Principal.Service if can(statement.Principal.Service)])
      == toset([for statement in jsondecode(policies[1]).Statement : statement.Principal.Service if can(statement.Principal.Service)])
    ])
    error_message = "R3.2: who may publish must be able to use the key, or the alarm is lost."
  }

  assert {
    condition     = toset([for statement in jsondecode(aws_kms_key.us_east_1.policy).Statement : statement.Principal.Service if can(statement.Principal.Service)]) == toset(["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"])
    error_message = "R7.2: alarms, budget and cost anomalies must reach the topic in us-east-1."
  }

  assert {
    condition = alltrue([for policy in [aws_kms_key.this.policy, aws_sns_topic_policy.this.policy, aws_kms_key.us_east_1.policy, aws_sns_topic_policy.us_east_1.policy] :
      alltrue([for statement in jsondecode(policy).Statement : statement.Condition.StringEquals["aws:SourceAccount"] == "123456789012" if try(statement.Principal.Service, "events.amazonaws.com") != "events.amazonaws.com"])
    ])
    error_message = "R4.1: a service may act in this account's name only, EventBridge apart."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sns_topic_policy.this.policy).Statement : statement.Effect if statement.Sid == "OnlyEncryptedInTransit"] == ["Deny"] && [for statement in jsondecode(aws_sns_topic_policy.us_east_1.policy).Statement : statement.Effect if statement.Sid == "OnlyEncryptedInTransit"] == ["Deny"]
    error_message = "R4.4: the topics take messages over TLS only."
  }

  assert {
    condition     = alltrue([for subscription in [aws_sns_topic_subscription.notifier, aws_sns_topic_subscription.notifier_us_east_1, aws_sns_topic_subscription.notice["workflow"]] : subscription.protocol == "lambda" && subscription.endpoint == var.alerts.notifier.alias_arn])
    error_message = "R3.2: both topics and each notice topic must call the notifier's alias."
  }

  assert {
    condition     = { for key, permission in aws_lambda_permission.notifier : key => permission.source_arn } == { Alerts = aws_sns_topic.this.arn, AlertsGlobal = aws_sns_topic.us_east_1.arn, Notice-workflow = var.alerts.notice_topics.workflow }
    error_message = "R3.2: each topic, and no other, must be allowed to call the notifier."
  }

  assert {
    condition     = alltrue([for permission in aws_lambda_permission.notifier : permission.qualifier == "live" && permission.principal == "sns.amazonaws.com"])
    error_message = "R3.2: the permission must be the alias's, or SNS is refused."
  }

  assert {
    condition     = keys(aws_sns_topic_subscription.email) == ["operations@example.com"] && keys(aws_sns_topic_subscription.email_us_east_1) == ["operations@example.com"]
    error_message = "R3.2: the addresses must get the alerts of both topics."
  }
}

run "an_alert_that_fails_does_not_cause_the_next" {
  command = plan

  assert {
    condition = toset([for key, alarm in aws_cloudwatch_metric_alarm.this : key if tolist(alarm.alarm_actions) == tolist([aws_sns_topic.delivery.arn])]) == toset([
      "dead-letters-functions", "function-slack-notifier-error-rate", "function-slack-notifier-outage", "function-slack-notifier-throttles",
    ])
    error_message = "R3.2: alarms about the notifier and its dead letters must not call the notifier."
  }

  assert {
    condition     = aws_sns_topic.delivery.name == "goal-mandala-test-alerts-delivery" && !contains([for permission in aws_lambda_permission.notifier : permission.source_arn], aws_sns_topic.delivery.arn)
    error_message = "R3.2: the topic of these alarms must not be able to call the notifier."
  }

  assert {
    condition     = [for address, subscription in aws_sns_topic_subscription.email_delivery : "${subscription.protocol} ${address} ${subscription.topic_arn}"] == ["email operations@example.com ${aws_sns_topic.delivery.arn}"]
    error_message = "R3.2: the addresses must hear of the notifier."
  }

  assert {
    condition     = aws_sns_topic.delivery.kms_master_key_id == aws_kms_key.this.arn && [for statement in jsondecode(aws_sns_topic_policy.delivery.policy).Statement : "${statement.Sid} ${statement.Resource}"] == [for sid in ["OnlyEncryptedInTransit", "CloudWatchAlarmsPublish"] : "${sid} ${aws_sns_topic.delivery.arn}"]
    error_message = "R4.4: the topic must be encrypted, take messages over TLS only, and from alarms only."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.this["alerts-undelivered"].ok_actions) == 0 && length(aws_cloudwatch_metric_alarm.us_east_1["alerts-global-undelivered"].ok_actions) == 0
    error_message = "R3.2: the end of an alarm about undelivered alerts must not be a further alert that is not delivered."
  }
}

run "dashboards_show_what_the_catalogue_asks_for" {
  command = plan

  assert {
    condition     = toset(keys(aws_cloudwatch_dashboard.this)) == toset(["overview", "api", "functions", "database", "cloudfront", "workflow"])
    error_message = "R3.1: there must be five dashboards and an overview."
  }

  assert {
    condition = jsonencode({ for name in ["api", "functions", "database", "cloudfront", "workflow"] : name =>
      sort(distinct(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this[name].dashboard_body).widgets : [for metric in try(widget.properties.metrics, []) : metric[1]]]))) }) == jsonencode({
      api        = ["4XXError", "5XXError", "Count", "IntegrationLatency", "Latency", "api-throttled"]
      cloudfront = ["4xxErrorRate", "5xxErrorRate", "CacheHitRate", "OriginLatency", "Requests"]
      database   = ["CPUUtilization", "DatabaseConnections", "FreeableMemory", "ServerlessDatabaseCapacity", "VolumeBytesUsed"]
      functions  = ["ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles", "errors-auth", "errors-reminder", "errors-slack-notifier"]
      workflow   = ["ApproximateNumberOfMessagesVisible", "ExecutionTime", "ExecutionsAborted", "ExecutionsFailed", "ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsTimedOut", "mails-failed", "mails-sent"]
    })
    error_message = "R3.1: the dashboards must show the catalogue's metrics."
  }

  # Which dimensions a namespace's metrics have, and with which values.
  assert {
    condition = alltrue(flatten([for dashboard in aws_cloudwatch_dashboard.this : [for widget in jsondecode(dashboard.dashboard_body).widgets : [for metric in try(widget.properties.metrics, []) :
      contains({
        "AWS/ApiGateway"              = [["ApiName", "goal-mandala-test-api", "Stage", "v1"]]
        "AWS/CloudFront"              = [["DistributionId", "EDFDVBD6EXAMPLE", "Region", "Global"]]
        "AWS/Lambda"                  = [for function in values(var.functions) : ["FunctionName", function.function_name]]
        "AWS/RDS"                     = concat([["DBClusterIdentifier", "goal-mandala-test"]], [for identifier in var.database.instance_identifiers : ["DBInstanceIdentifier", identifier]])
        "AWS/SQS"                     = [for name in values(var.dead_letter_queue_names) : ["QueueName", name]]
        "AWS/States"                  = [["StateMachineArn", var.state_machine.arn]]
        "goal-mandala-test/logs"      = [[]]
        "goal-mandala-test/reminders" = [[]]
      }[metric[0]], [for part in slice(metric, 2, length(metric) - 1) : tostring(part)])
    ]]]))
    error_message = "R3.1: a dashboard must not show a metric whose dimensions nothing reports."
  }

  assert {
    condition     = alltrue([for widget in jsondecode(aws_cloudwatch_dashboard.this["cloudfront"].dashboard_body).widgets : widget.properties.region == "us-east-1" if widget.type == "metric"])
    error_message = "R3.1: CloudFront's metrics are in us-east-1."
  }

  assert {
    condition = toset(flatten([for widget in jsondecode(aws_cloudwatch_dashboard.this["overview"].dashboard_body).widgets : widget.properties.alarms if widget.type == "alarm"])) == toset(concat(
      [for alarm in aws_cloudwatch_metric_alarm.this : "arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:${alarm.alarm_name}"],
      [for alarm in aws_cloudwatch_metric_alarm.us_east_1 : "arn:aws:cloudwatch:us-east-1:123456789012:alarm:${alarm.alarm_name}"],
    ))
    error_message = "R3.1: the overview must show every alarm."
  }

  assert {
    condition     = length(distinct([for widget in jsondecode(aws_cloudwatch_dashboard.this["overview"].dashboard_body).widgets : "${widget.x} ${widget.y}"])) == length(jsondecode(aws_cloudwatch_dashboard.this["overview"].dashboard_body).widgets)
    error_message = "R3.1: no widget may lie on another."
  }
}

run "logs_are_counted_and_searchable" {
  command = plan

  assert {
    condition     = { for key, filter in aws_cloudwatch_log_metric_filter.errors : key => filter.log_group_name } == { for key, function in var.functions : key => function.log_group_name }
    error_message = "R3.4: every function's log must have an error metric filter."
  }

  assert {
    condition     = alltrue([for key, filter in aws_cloudwatch_log_metric_filter.errors : filter.metric_transformation[0].name == "errors-${key}" && filter.pattern == "{ ($.level = \"ERROR\") || ($.level = \"FATAL\") }"])
    error_message = "R3.4: the filter must count lines whose level is an error, one metric per function."
  }

  assert {
    condition     = aws_cloudwatch_log_metric_filter.throttled.metric_transformation[0].name == aws_cloudwatch_metric_alarm.this["api-throttled"].metric_name && aws_cloudwatch_log_metric_filter.throttled.metric_transformation[0].namespace == aws_cloudwatch_metric_alarm.this["api-throttled"].namespace
    error_message = "R6.2: the alarm must look at the metric that the filter makes."
  }

  assert {
    condition     = toset([for query in aws_cloudwatch_query_definition.this : query.name]) == toset([for key in ["errors", "error-counts", "slow-invocations", "api-failures", "workflow-failures", "slow-database-queries"] : "goal-mandala-test/${key}"])
    error_message = "R3.4: there must be saved queries for errors, slow invocations, the API, the workflow and the database."
  }

  assert {
    condition     = toset(aws_cloudwatch_query_definition.this["errors"].log_group_names) == toset([for function in values(var.functions) : function.log_group_name])
    error_message = "R3.4: the query for errors must search every function's log."
  }
}

run "requests_are_traced" {
  command = plan

  assert {
    condition     = aws_xray_sampling_rule.this.service_name == "goal-mandala-test-api/v1" && aws_xray_sampling_rule.this.service_type == "AWS::ApiGateway::Stage" && aws_xray_sampling_rule.this.fixed_rate == 0.05 && aws_xray_sampling_rule.this.reservoir_size == 1
    error_message = "R3.3: requests of the API must be sampled, one a second and 5 % of the others."
  }

  assert {
    condition     = strcontains(aws_xray_group.this.filter_expression, "goal-mandala-test-api/v1") && strcontains(aws_xray_group.this.filter_expression, "goal-mandala-test-TaskGenerationWorkflow") && aws_xray_group.this.insights_configuration[0].insights_enabled
    error_message = "R3.3: the group must hold the traces of the API and the workflow."
  }
}

run "long_names_are_shortened_where_x_ray_wants_it" {
  command = plan

  variables {
    name = "goal-mandala-with-a-very-long-name-there"
  }

  assert {
    condition     = length(aws_xray_group.this.group_name) == 32 && aws_xray_group.this.group_name == aws_xray_sampling_rule.this.rule_name
    error_message = "R3.3: names in X-Ray have up to 32 characters."
  }
}

run "cost_is_watched" {
  command = plan

  assert {
    condition     = aws_budgets_budget.this.limit_amount == "100" && aws_budgets_budget.this.limit_unit == "USD" && aws_budgets_budget.this.time_unit == "MONTHLY" && aws_budgets_budget.this.budget_type == "COST"
    error_message = "R7.2: the budget must be 100 USD a month."
  }

  assert {
    condition     = toset(one(aws_budgets_budget.this.cost_filter).values) == toset(["user:Environment$test", "user:Project$goal-mandala"])
    error_message = "R7.2: the budget must count this environment's tags only."
  }

  assert {
    condition     = toset([for notification in aws_budgets_budget.this.notification : "${notification.notification_type} ${notification.threshold}"]) == toset(["ACTUAL 80", "ACTUAL 100", "FORECASTED 100"])
    error_message = "R7.2: the budget must tell at 80 % and 100 % spent, and at 100 % forecast."
  }

  assert {
    condition     = alltrue([for notification in aws_budgets_budget.this.notification : tolist(notification.subscriber_sns_topic_arns) == tolist([aws_sns_topic.us_east_1.arn]) && tolist(notification.subscriber_email_addresses) == tolist(["owner@example.com"])])
    error_message = "R7.2: the budget must tell Slack and its addresses."
  }

  assert {
    condition     = aws_ce_anomaly_monitor.this["this"].monitor_type == "CUSTOM" && jsondecode(aws_ce_anomaly_monitor.this["this"].monitor_specification).Tags.Values == ["goal-mandala"]
    error_message = "R7.2: anomalies must be looked for in the project's cost."
  }

  assert {
    condition     = aws_ce_anomaly_subscription.this["this"].frequency == "IMMEDIATE" && one(aws_ce_anomaly_subscription.this["this"].subscriber).address == aws_sns_topic.us_east_1.arn
    error_message = "R7.2: an anomaly must reach the topic at once."
  }
}

run "an_existing_monitor_is_used" {
  command = plan

  variables {
    cost = {
      anomaly = { monitor_arn = "arn:aws:ce::123456789012:anomalymonitor/11111111-1111-4111-8111-111111111111" }
      tags    = { Project = "goal-mandala" }
    }
  }

  assert {
    condition     = length(aws_ce_anomaly_monitor.this) == 0 && tolist(aws_ce_anomaly_subscription.this["this"].monitor_arn_list) == tolist([var.cost.anomaly.monitor_arn])
    error_message = "R7.2: a monitor that is given must take the place of our own."
  }
}

run "anomalies_can_be_left_out" {
  command = plan

  variables {
    cost = {
      anomaly = { enabled = false }
      tags    = { Project = "goal-mandala" }
    }
  }

  assert {
    condition     = length(aws_ce_anomaly_monitor.this) == 0 && length(aws_ce_anomaly_subscription.this) == 0
    error_message = "R7.2: an account without Cost Explorer must do without."
  }
}
