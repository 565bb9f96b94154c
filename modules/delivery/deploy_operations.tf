# Logs of every layer, the layers audit and monitoring, and IAM.
locals {
  deploy_operations = {
    logs = [
      {
        Sid    = "LogGroups"
        Effect = "Allow"
        Action = [
          "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey",
          "logs:FilterLogEvents", "logs:ListTagsForResource", "logs:ListTagsLogGroup", "logs:PutMetricFilter", "logs:PutRetentionPolicy",
          "logs:TagResource", "logs:UntagResource",
        ]
        # With and without the ":*" that stands for a group's streams.
        Resource = flatten([for arn in local.arns.own_log_groups : [arn, "${arn}:*"]])
      },
      {
        # Asked for no group by name, AWS evaluates these on every one.
        Sid      = "LogGroupList"
        Effect   = "Allow"
        Action   = ["logs:DescribeLogGroups", "logs:DescribeMetricFilters"]
        Resource = local.arns.log_groups
      },
      {
        # R4.1 exception: deliveries of other services, resource policies and saved queries take no resource.
        Sid    = "LogSettings"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DeleteQueryDefinition", "logs:DeleteResourcePolicy", "logs:DescribeQueryDefinitions", "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutQueryDefinition", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        ]
        Resource = "*"
      },
      {
        Sid    = "Topics"
        Effect = "Allow"
        Action = [
          "sns:CreateTopic", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource", "sns:SetTopicAttributes", "sns:Subscribe",
          "sns:TagResource", "sns:UntagResource",
        ]
        Resource = local.arns.topics
      },
      {
        # R4.1 exception: SNS's actions on a subscription take no resource.
        Sid      = "Subscriptions"
        Effect   = "Allow"
        Action   = ["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"]
        Resource = "*"
      },
    ]

    monitoring = [
      {
        Sid    = "Alarms"
        Effect = "Allow"
        Action = [
          "cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:EnableAlarmActions", "cloudwatch:ListTagsForResource",
          "cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState", "cloudwatch:TagResource", "cloudwatch:UntagResource",
        ]
        Resource = local.arns.alarms
      },
      {
        # By whatever name it is asked, AWS evaluates this on every alarm.
        Sid      = "AlarmList"
        Effect   = "Allow"
        Action   = ["cloudwatch:DescribeAlarms"]
        Resource = local.arns.every_alarm
      },
      {
        Sid      = "Dashboards"
        Effect   = "Allow"
        Action   = ["cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard", "cloudwatch:PutDashboard"]
        Resource = local.arns.dashboards
      },
      {
        Sid    = "Tracing"
        Effect = "Allow"
        Action = [
          "xray:CreateGroup", "xray:CreateSamplingRule", "xray:DeleteGroup", "xray:DeleteSamplingRule", "xray:GetGroup", "xray:ListTagsForResource", "xray:TagResource",
          "xray:UntagResource", "xray:UpdateGroup", "xray:UpdateSamplingRule",
        ]
        Resource = local.arns.traces
      },
      {
        Sid      = "Budgets"
        Effect   = "Allow"
        Action   = ["budgets:ListTagsForResource", "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource", "budgets:ViewBudget"]
        Resource = local.arns.budgets
      },
      {
        Sid    = "CostAnomalies"
        Effect = "Allow"
        Action = [
          "ce:DeleteAnomalyMonitor", "ce:DeleteAnomalySubscription", "ce:GetAnomalyMonitors", "ce:GetAnomalySubscriptions", "ce:ListTagsForResource", "ce:TagResource",
          "ce:UntagResource", "ce:UpdateAnomalyMonitor", "ce:UpdateAnomalySubscription",
        ]
        Resource = local.arns.anomalies
      },
      {
        # R4.1 exception: metrics, sampling rules, costs and what is only being created have no ARN.
        Sid    = "Measurements"
        Effect = "Allow"
        Action = [
          "ce:CreateAnomalyMonitor", "ce:CreateAnomalySubscription", "ce:GetCostAndUsage", "cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics",
          "xray:GetSamplingRules",
        ]
        Resource = "*"
      },
      {
        # Without StopLogging: who deploys cannot go unseen.
        Sid    = "Trails"
        Effect = "Allow"
        Action = [
          "cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrail",
          "cloudtrail:GetTrailStatus", "cloudtrail:ListTags", "cloudtrail:PutEventSelectors", "cloudtrail:PutInsightSelectors", "cloudtrail:RemoveTags", "cloudtrail:StartLogging",
          "cloudtrail:UpdateTrail",
        ]
        Resource = local.arns.trails
      },
      {
        # R4.1 exception: DescribeTrails takes no resource.
        Sid      = "TrailList"
        Effect   = "Allow"
        Action   = ["cloudtrail:DescribeTrails"]
        Resource = "*"
      },
    ]

    identity = [
      {
        Sid    = "Roles"
        Effect = "Allow"
        Action = [
          "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole",
          "iam:ListRolePolicies", "iam:ListRoleTags", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
        ]
        Resource = local.arns.roles
      },
      {
        # The environment's own policies, and the one of AWS's that a layer uses.
        Sid      = "RolePolicies"
        Effect   = "Allow"
        Action   = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
        Resource = local.arns.roles
        Condition = {
          ArnLike = { "iam:PolicyARN" = concat(local.arns.policies, ["arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"]) }
        }
      },
      {
        Sid      = "PassRoles"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = local.arns.roles
        Condition = {
          StringEquals = { "iam:PassedToService" = [
            "apigateway.amazonaws.com", "cloudtrail.amazonaws.com", "events.amazonaws.com", "lambda.amazonaws.com", "monitoring.rds.amazonaws.com",
            "scheduler.amazonaws.com", "states.amazonaws.com", "vpc-flow-logs.amazonaws.com",
          ] }
        }
      },
      {
        Sid    = "Policies"
        Effect = "Allow"
        Action = [
          "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyTags",
          "iam:ListPolicyVersions", "iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy",
        ]
        Resource = local.arns.policies
      },
      {
        # R4.1 exception: ListPolicies takes no resource.
        Sid      = "PolicyList"
        Effect   = "Allow"
        Action   = ["iam:ListPolicies"]
        Resource = "*"
      },
      {
        Sid    = "IdentityProvider"
        Effect = "Allow"
        Action = [
          "iam:AddClientIDToOpenIDConnectProvider", "iam:CreateOpenIDConnectProvider", "iam:DeleteOpenIDConnectProvider", "iam:GetOpenIDConnectProvider",
          "iam:ListOpenIDConnectProviderTags", "iam:RemoveClientIDFromOpenIDConnectProvider", "iam:TagOpenIDConnectProvider", "iam:UntagOpenIDConnectProvider",
          "iam:UpdateOpenIDConnectProviderThumbprint",
        ]
        Resource = local.arns.oidc_provider
      },
      {
        # Services make these roles for themselves when an account first uses them.
        Sid      = "ServiceLinkedRoles"
        Effect   = "Allow"
        Action   = ["iam:CreateServiceLinkedRole"]
        Resource = ["${local.global.iam}role/aws-service-role/*"]
        Condition = {
          StringEquals = { "iam:AWSServiceName" = [
            "delivery.logs.amazonaws.com", "email.cognito-idp.amazonaws.com", "ops.apigateway.amazonaws.com", "rds.amazonaws.com", "wafv2.amazonaws.com",
          ] }
        }
      },
    ]
  }

  # What the checks of a deployment read beyond what it changes.
  deploy_verification = [
    {
      # R4.1 exception: these reading actions take no resource.
      Sid    = "Lists"
      Effect = "Allow"
      Action = [
        "iam:ListRoles", "lambda:GetAccountSettings", "lambda:ListFunctions", "s3:ListAllMyBuckets", "sns:ListTopics", "sqs:ListQueues", "xray:GetGroups",
      ]
      Resource = "*"
    },
    {
      # A role is judged by all its policies, also by one that somebody attached by hand.
      Sid      = "PoliciesOfAws"
      Effect   = "Allow"
      Action   = ["iam:GetPolicy", "iam:GetPolicyVersion"]
      Resource = local.arns.aws_policies
    },
  ]

  # Nine, so that an organisation can attach one of its own.
  deploy_statements = {
    access     = concat(local.deploy_application.api, local.deploy_application.auth)
    data       = local.deploy_foundation.data
    frontend   = local.deploy_application.frontend
    functions  = local.deploy_application.functions
    identity   = concat(local.deploy_operations.identity, local.deploy_verification)
    logs       = local.deploy_operations.logs
    monitoring = local.deploy_operations.monitoring
    network    = local.deploy_foundation.network
    storage    = concat(local.deploy_foundation.bucket, local.deploy_foundation.keys)
  }
  deploy_policies = { for name, statements in local.deploy_statements : name => jsonencode({ Version = "2012-10-17", Statement = statements }) }
}

# IAM takes 6,144 characters in a policy and, unless the quota is raised, ten
# policies on a role.
resource "aws_iam_policy" "deploy" {
  for_each = local.deploy_policies

  name        = "${var.name}-delivery-deploy-${each.key}"
  description = "What deploying ${var.name} needs: ${each.key}"
  policy      = each.value

  tags = merge(var.tags, { Name = "${var.name}-delivery-deploy-${each.key}" })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  for_each = aws_iam_policy.deploy

  policy_arn = each.value.arn
  role       = aws_iam_role.this["deploy"].name
}
