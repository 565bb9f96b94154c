mock_provider "aws" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  bucket_name = "goal-mandala-test-deploy"
  github      = { repository = "goal-mandala/goal-mandala" }
  name        = "goal-mandala-test"
  tags        = { Layer = "delivery" }
}

run "only_the_repositorys_runs_assume_the_roles" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.this["deploy"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:goal-mandala/goal-mandala:environment:production"]
    error_message = "R2.2: only runs in the protected environment may deploy."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this["plan"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:goal-mandala/goal-mandala:pull_request", "repo:goal-mandala/goal-mandala:ref:refs/heads/main"]
    error_message = "R2.2: pull requests and the branch may plan."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this["release"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == ["repo:goal-mandala/goal-mandala:ref:refs/heads/main"]
    error_message = "R2.2: the branch alone may build releases."
  }

  assert {
    condition = alltrue([for role in aws_iam_role.this : alltrue([for statement in jsondecode(role.assume_role_policy).Statement :
      statement.Action == "sts:AssumeRoleWithWebIdentity"
      && statement.Principal.Federated == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
      && statement.Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
      && keys(statement.Condition) == ["StringEquals"]
    ])])
    error_message = "R4.1: the trust must name GitHub, the audience and whole subjects."
  }

  assert {
    condition     = aws_iam_openid_connect_provider.github["this"].url == "https://token.actions.githubusercontent.com" && aws_iam_openid_connect_provider.github["this"].client_id_list == toset(["sts.amazonaws.com"])
    error_message = "R2.2: GitHub must be known to the account."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.tags.Layer == "delivery"])
    error_message = "The Layer tag must reach the roles."
  }
}

run "the_account_has_the_provider_already" {
  command = plan

  variables {
    create_oidc_provider = false
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && output.oidc_provider_arn == "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    error_message = "R2.2: a second environment must share the account's provider."
  }
}

run "policies_fit" {
  command = plan

  variables {
    bucket_name = "a23456789012345678901234567890123456789012345678901234567890123"
    name        = "a234567890123456789012345678901234567890"
  }

  assert {
    condition     = alltrue([for policy in concat(values(aws_iam_policy.deploy), values(aws_iam_policy.plan)) : length(policy.policy) <= 6144])
    error_message = "R4.1: IAM takes 6,144 characters in a policy."
  }

  assert {
    condition     = length(aws_iam_policy.deploy) <= 10 && length(aws_iam_policy.plan) <= 10
    error_message = "R4.1: IAM takes ten policies on a role."
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : length(role.name) <= 64])
    error_message = "IAM takes 64 characters in a role's name."
  }
}

run "named_actions_on_named_resources" {
  command = plan

  assert {
    condition = alltrue([for policy in concat(values(aws_iam_policy.deploy), values(aws_iam_policy.plan)) : alltrue([for statement in jsondecode(policy.policy).Statement :
      alltrue([for action in statement.Action : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))])
    ])])
    error_message = "R4.1: both roles must have named actions only."
  }

  assert {
    condition = toset(flatten([for policy in aws_iam_policy.deploy : [for statement in jsondecode(policy.policy).Statement :
      statement.Sid if contains(flatten([statement.Resource]), "*")
      ]])) == toset([
      "FindLeftovers", "Lists", "LogSettings", "Mail", "Measurements", "NetworkReads", "NewCertificates", "NewKeys", "NewUserPools", "PolicyList",
      "RandomPassword", "Subscriptions", "TrailList", "WorkflowValidation",
    ])
    error_message = "R4.1: only the statements that say why may speak of every resource."
  }

  assert {
    condition = alltrue([for policy in aws_iam_policy.plan : alltrue([for statement in jsondecode(policy.policy).Statement :
      alltrue([for action in statement.Action : can(regex("^(apigateway:GET|budgets:ViewBudget|kms:Decrypt|[a-z0-9-]+:(Describe|Get|List|Validate)[A-Za-z0-9]*)$", action))])
    if statement.Effect == "Allow"])])
    error_message = "R4.1: the plan role must only read."
  }

  assert {
    condition = toset(flatten([for policy in aws_iam_policy.plan : [for statement in jsondecode(policy.policy).Statement :
      statement.Sid if contains(flatten([statement.Resource]), "*")
    ]])) == toset(["Lists", "NetworkReads", "NoSecretValues"])
    error_message = "R4.1: the plan role may speak of every resource in its lists and in its denial only."
  }

  assert {
    condition = alltrue([for policy in concat(values(aws_iam_policy.deploy), values(aws_iam_policy.plan)) :
      length(distinct([for statement in jsondecode(policy.policy).Statement : statement.Sid])) == length(jsondecode(policy.policy).Statement)
    ])
    error_message = "R4.1: a policy's statements must have names of their own."
  }
}

run "releases_are_added_only" {
  command = plan

  assert {
    condition = [for statement in jsondecode(aws_iam_policy.release.policy).Statement : statement.Action] == [
      ["s3:ListBucket"], ["s3:GetObject", "s3:PutObject"], ["kms:Decrypt", "kms:GenerateDataKey"],
    ]
    error_message = "R4.1: who builds a release may store it, and neither delete nor change anything."
  }

  assert {
    condition     = jsondecode(aws_iam_policy.release.policy).Statement[1].Resource == ["arn:aws:s3:::goal-mandala-test-deploy/artifacts/*", "arn:aws:s3:::goal-mandala-test-deploy/releases/*"]
    error_message = "R4.1: who builds a release reaches releases and their files only."
  }

  assert {
    condition     = jsondecode(aws_iam_policy.release.policy).Statement[2].Condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"] == "alias/goal-mandala-test-deploy"
    error_message = "R4.1: who builds a release uses the bucket's key only."
  }
}

run "alarms_are_read_as_aws_evaluates_it" {
  command = plan

  assert {
    condition = alltrue([for role in [aws_iam_policy.deploy, aws_iam_policy.plan] :
      [for statement in flatten([for policy in role : jsondecode(policy.policy).Statement]) : statement.Resource if contains(statement.Action, "cloudwatch:DescribeAlarms")]
      == [["arn:aws:cloudwatch:ap-northeast-1:123456789012:alarm:*", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"]]
    ])
    error_message = "R4.1: AWS evaluates cloudwatch:DescribeAlarms on every alarm of a region."
  }
}

# A read that a layer comes to need is then a read of both roles, or listed here.
run "plans_read_what_deployments_read" {
  command = plan

  assert {
    condition = setsubtract(
      [for action in flatten([for policy in aws_iam_policy.deploy : [for statement in jsondecode(policy.policy).Statement : statement.Action]]) :
      action if can(regex(":(BatchGet|Describe|Filter|Get|GET$|Head|List|Validate|View)", action))],
      flatten([for policy in aws_iam_policy.plan : [for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Allow"]]),
      ) == toset([
        "acm:ListCertificates", "cloudfront:GetInvalidation", "cloudfront:ListCachePolicies", "cloudfront:ListDistributions",
        "cloudfront:ListOriginAccessControls", "cloudfront:ListResponseHeadersPolicies", "cloudwatch:GetMetricData",
        "cognito-idp:ListUserPoolClients", "cognito-idp:ListUserPools", "kms:ListGrants", "kms:ListKeys", "logs:FilterLogEvents",
        "secretsmanager:GetSecretValue", "wafv2:ListWebACLs",
    ])
    error_message = "R4.1: the plan role must read what the deploy role reads, except values, lines of logs, a canary's metrics, invalidations, grants and the search for leftovers."
  }

  assert {
    condition = length(setsubtract(
      flatten([for policy in aws_iam_policy.plan : [for statement in jsondecode(policy.policy).Statement : statement.Action if statement.Effect == "Allow"]]),
      flatten([for policy in aws_iam_policy.deploy : [for statement in jsondecode(policy.policy).Statement : statement.Action]]),
    )) == 0
    error_message = "R4.1: the plan role must read nothing that the deploy role does not."
  }
}

run "secrets_stay_closed" {
  command = plan

  assert {
    condition = length(flatten([for policy in aws_iam_policy.plan : [for statement in jsondecode(policy.policy).Statement :
      [for action in statement.Action : action if can(regex("SecretValue|ssm:", action))] if statement.Effect == "Allow"
    ]])) == 0
    error_message = "R1.4: the plan role must not read a secret's value."
  }

  assert {
    condition = anytrue([for statement in jsondecode(aws_iam_policy.plan["bucket"].policy).Statement :
      statement.Effect == "Deny" && contains(statement.Action, "secretsmanager:GetSecretValue") && statement.Resource == "*"
    ])
    error_message = "R1.4: values must be denied to the plan role, whatever else it gets."
  }

  assert {
    condition = flatten([for policy in aws_iam_policy.deploy : [for statement in jsondecode(policy.policy).Statement :
      statement.Resource if contains(statement.Action, "secretsmanager:GetSecretValue")
      ]]) == [
      "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-test/jwt-key-??????",
      "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:goal-mandala-test/slack-webhook-??????",
    ]
    error_message = "R1.4: the deploy role may read two secrets only: the one that Terraform manages, and Slack's."
  }
}

run "identity_is_bounded" {
  command = plan

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.deploy["identity"].policy).Statement :
      statement.Resource == ["arn:aws:iam::123456789012:role/goal-mandala-test-*"]
      if contains(statement.Action, "iam:CreateRole") || contains(statement.Action, "iam:AttachRolePolicy") || contains(statement.Action, "iam:PassRole")
    ])
    error_message = "R4.1: the deploy role may manage and pass the environment's roles only."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.deploy["identity"].policy).Statement :
      length(statement.Condition.StringEquals["iam:PassedToService"]) > 0 if contains(statement.Action, "iam:PassRole")
    ])
    error_message = "R4.1: a role may be passed to named services only."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_iam_policy.deploy["identity"].policy).Statement :
      statement.Condition.ArnLike["iam:PolicyARN"] == ["arn:aws:iam::123456789012:policy/goal-mandala-test-*", "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"]
      if contains(statement.Action, "iam:AttachRolePolicy")
    ])
    error_message = "R4.1: only the environment's policies may be attached."
  }

  assert {
    condition = length(flatten([for policy in aws_iam_policy.deploy : [for statement in jsondecode(policy.policy).Statement :
      [for action in statement.Action : action if contains(["cloudtrail:StopLogging", "iam:CreateAccessKey", "iam:CreateUser", "sts:AssumeRole"], action)]
    ]])) == 0
    error_message = "R4.1: the deploy role must neither stop the trail nor make users."
  }
}

run "releases_are_immutable" {
  command = plan

  assert {
    condition = { for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => statement }["DenyWithoutTLS"] == {
      Sid       = "DenyWithoutTLS"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["arn:aws:s3:::goal-mandala-test-deploy", "arn:aws:s3:::goal-mandala-test-deploy/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
    error_message = "R4.4: the tool's own statement must stay as the tool writes it."
  }

  assert {
    condition = alltrue([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      statement.Resource == ["arn:aws:s3:::goal-mandala-test-deploy/artifacts/*", "arn:aws:s3:::goal-mandala-test-deploy/releases/*"] && statement.Effect == "Deny" && statement.Principal == "*"
      if statement.Sid != "DenyWithoutTLS"
    ])
    error_message = "R2.3: what a rollback goes back to must be guarded against everybody."
  }

  assert {
    condition     = { for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => statement }["DenyOverwritingReleases"].Condition.Null["s3:if-none-match"] == "true"
    error_message = "R2.3: an artifact must be written once."
  }

  assert {
    condition     = { for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => statement }["DenyDeletingReleases"].Condition.ArnNotEquals["aws:PrincipalArn"] == aws_iam_role.this["deploy"].arn
    error_message = "R2.3: only the deployment may prune releases."
  }

  assert {
    condition     = contains({ for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement.Sid => statement }["DenyDestroyingReleases"].Action, "s3:DeleteObjectVersion")
    error_message = "R2.3: nobody may destroy a release for good."
  }
}
