# The layers functions, workflow, reminders, api, auth and frontend.
locals {
  deploy_application = {
    functions = [
      {
        Sid    = "Functions"
        Effect = "Allow"
        Action = [
          "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias", "lambda:DeleteFunction", "lambda:DeleteFunctionConcurrency",
          "lambda:DeleteFunctionEventInvokeConfig", "lambda:DeleteProvisionedConcurrencyConfig", "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig",
          "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "lambda:GetFunctionEventInvokeConfig", "lambda:GetPolicy", "lambda:GetProvisionedConcurrencyConfig",
          "lambda:GetRuntimeManagementConfig", "lambda:InvokeFunction", "lambda:ListAliases", "lambda:ListProvisionedConcurrencyConfigs", "lambda:ListTags",
          "lambda:ListVersionsByFunction", "lambda:PublishVersion", "lambda:PutFunctionConcurrency", "lambda:PutFunctionEventInvokeConfig", "lambda:PutProvisionedConcurrencyConfig",
          "lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
          "lambda:UpdateFunctionEventInvokeConfig",
        ]
        Resource = local.arns.functions
      },
      {
        Sid      = "Queues"
        Effect   = "Allow"
        Action   = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
        Resource = local.arns.queues
      },
      {
        Sid    = "Workflow"
        Effect = "Allow"
        Action = [
          "states:CreateStateMachine", "states:DeleteStateMachine", "states:DeleteStateMachineVersion", "states:DescribeStateMachine",
          "states:ListStateMachineVersions", "states:ListTagsForResource", "states:PublishStateMachineVersion", "states:TagResource", "states:UntagResource",
          "states:UpdateStateMachine",
        ]
        Resource = local.arns.state_machines
      },
      {
        # R4.1 exception: the validation of a definition takes no resource.
        Sid      = "WorkflowValidation"
        Effect   = "Allow"
        Action   = ["states:ValidateStateMachineDefinition"]
        Resource = "*"
      },
      {
        Sid    = "Schedules"
        Effect = "Allow"
        Action = [
          "scheduler:CreateSchedule", "scheduler:CreateScheduleGroup", "scheduler:DeleteSchedule", "scheduler:DeleteScheduleGroup", "scheduler:GetSchedule",
          "scheduler:GetScheduleGroup", "scheduler:ListTagsForResource", "scheduler:TagResource", "scheduler:UntagResource", "scheduler:UpdateSchedule",
        ]
        Resource = local.arns.schedules
      },
      {
        Sid    = "Events"
        Effect = "Allow"
        Action = [
          "events:DeleteRule", "events:DescribeRule", "events:DisableRule", "events:EnableRule", "events:ListTagsForResource", "events:ListTargetsByRule",
          "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource",
        ]
        Resource = local.arns.rules
      },
    ]

    api = [
      {
        Sid    = "Api"
        Effect = "Allow"
        Action = [
          "apigateway:AddCertificateToDomain", "apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT",
          "apigateway:RemoveCertificateFromDomain", "apigateway:SetWebACL", "apigateway:UpdateRestApiPolicy",
        ]
        Resource = local.arns.apis
      },
      {
        Sid    = "WebAcls"
        Effect = "Allow"
        Action = [
          "wafv2:AssociateWebACL", "wafv2:CreateWebACL", "wafv2:DeleteLoggingConfiguration", "wafv2:DeleteWebACL", "wafv2:DisassociateWebACL", "wafv2:GetLoggingConfiguration",
          "wafv2:GetWebACL", "wafv2:GetWebACLForResource", "wafv2:ListTagsForResource", "wafv2:PutLoggingConfiguration", "wafv2:TagResource", "wafv2:UntagResource", "wafv2:UpdateWebACL",
        ]
        Resource = concat(local.arns.api_stages, local.arns.web_acls)
      },
      {
        # R4.1 exception: a certificate has no ARN before it is requested.
        Sid      = "NewCertificates"
        Effect   = "Allow"
        Action   = ["acm:RequestCertificate"]
        Resource = "*"
      },
      {
        Sid      = "Certificates"
        Effect   = "Allow"
        Action   = ["acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:DescribeCertificate", "acm:ListTagsForCertificate", "acm:RemoveTagsFromCertificate", "acm:UpdateCertificateOptions"]
        Resource = local.arns.certificates
      },
      {
        Sid      = "Records"
        Effect   = "Allow"
        Action   = ["route53:ChangeResourceRecordSets", "route53:GetChange", "route53:GetHostedZone", "route53:ListResourceRecordSets"]
        Resource = local.arns.records
      },
    ]

    auth = [
      {
        # R4.1 exception: a pool has no ARN before it is created, and a domain has none at all.
        Sid      = "NewUserPools"
        Effect   = "Allow"
        Action   = ["cognito-idp:CreateUserPool", "cognito-idp:DescribeUserPoolDomain"]
        Resource = "*"
      },
      {
        Sid    = "UserPools"
        Effect = "Allow"
        Action = [
          "cognito-idp:AddCustomAttributes", "cognito-idp:CreateGroup", "cognito-idp:CreateUserPoolClient", "cognito-idp:CreateUserPoolDomain", "cognito-idp:DeleteGroup",
          "cognito-idp:DeleteUserPoolClient", "cognito-idp:DeleteUserPoolDomain", "cognito-idp:DescribeRiskConfiguration", "cognito-idp:DescribeUserPool",
          "cognito-idp:DescribeUserPoolClient", "cognito-idp:GetGroup", "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:ListTagsForResource", "cognito-idp:SetRiskConfiguration",
          "cognito-idp:SetUserPoolMfaConfig", "cognito-idp:TagResource", "cognito-idp:UntagResource", "cognito-idp:UpdateGroup", "cognito-idp:UpdateUserPool",
          "cognito-idp:UpdateUserPoolClient", "cognito-idp:UpdateUserPoolDomain",
        ]
        Resource = local.arns.user_pools
      },
      {
        Sid       = "OwnUserPools"
        Effect    = "Allow"
        Action    = ["cognito-idp:DeleteUserPool"]
        Resource  = local.arns.user_pools
        Condition = local.own_by_tag
      },
      {
        # R4.1 exception: the first version of SES's interface takes a resource for sending only.
        Sid    = "Mail"
        Effect = "Allow"
        Action = [
          "ses:CreateConfigurationSet", "ses:CreateConfigurationSetEventDestination", "ses:CreateTemplate", "ses:DeleteConfigurationSet",
          "ses:DeleteConfigurationSetEventDestination", "ses:DeleteIdentity", "ses:DeleteTemplate", "ses:DescribeConfigurationSet",
          "ses:GetIdentityDkimAttributes", "ses:GetIdentityVerificationAttributes", "ses:GetTemplate", "ses:PutConfigurationSetDeliveryOptions", "ses:SetIdentityDkimEnabled",
          "ses:UpdateConfigurationSetReputationMetricsEnabled", "ses:UpdateConfigurationSetSendingEnabled", "ses:UpdateTemplate", "ses:VerifyDomainDkim", "ses:VerifyDomainIdentity",
        ]
        Resource = "*"
      },
    ]

    frontend = [
      {
        Sid    = "Buckets"
        Effect = "Allow"
        Action = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation",
          "s3:GetBucketLogging", "s3:GetBucketNotification", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy",
          "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutBucketAcl", "s3:PutBucketLogging",
          "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
          "s3:PutLifecycleConfiguration",
        ]
        Resource = local.arns.buckets
      },
      {
        # Not the audit's: who deploys cannot take away what he did.
        Sid      = "SiteObjects"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectTagging"]
        Resource = local.arns.site_objects
      },
      {
        Sid    = "Distributions"
        Effect = "Allow"
        Action = [
          "cloudfront:CreateCachePolicy", "cloudfront:CreateDistribution", "cloudfront:CreateInvalidation", "cloudfront:CreateMonitoringSubscription",
          "cloudfront:CreateOriginAccessControl", "cloudfront:CreateOriginRequestPolicy", "cloudfront:CreateResponseHeadersPolicy", "cloudfront:DeleteCachePolicy",
          "cloudfront:DeleteDistribution", "cloudfront:DeleteMonitoringSubscription", "cloudfront:DeleteOriginAccessControl", "cloudfront:DeleteOriginRequestPolicy",
          "cloudfront:DeleteResponseHeadersPolicy", "cloudfront:GetCachePolicy", "cloudfront:GetDistribution", "cloudfront:GetDistributionConfig", "cloudfront:GetInvalidation",
          "cloudfront:GetMonitoringSubscription", "cloudfront:GetOriginAccessControl", "cloudfront:GetOriginRequestPolicy", "cloudfront:GetResponseHeadersPolicy",
          "cloudfront:ListTagsForResource", "cloudfront:TagResource", "cloudfront:UntagResource", "cloudfront:UpdateCachePolicy", "cloudfront:UpdateDistribution",
          "cloudfront:UpdateOriginAccessControl", "cloudfront:UpdateOriginRequestPolicy", "cloudfront:UpdateResponseHeadersPolicy",
        ]
        Resource = local.arns.distributions
      },
      {
        Sid      = "EdgeFunctions"
        Effect   = "Allow"
        Action   = ["cloudfront:CreateFunction", "cloudfront:DeleteFunction", "cloudfront:DescribeFunction", "cloudfront:GetFunction", "cloudfront:PublishFunction", "cloudfront:UpdateFunction"]
        Resource = local.arns.edge_functions
      },
    ]
  }
}
