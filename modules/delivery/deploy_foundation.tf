# The tool's bucket, and the layers network, secrets and database.
locals {
  deploy_foundation = {
    bucket = [
      {
        Sid    = "ToolBucket"
        Effect = "Allow"
        Action = [
          "s3:DeleteBucketPolicy", "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock",
          "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:ListBucket", "s3:ListBucketVersions",
          "s3:PutBucketPolicy",
        ]
        Resource = [local.bucket_arn]
      },
      {
        # Its own prefixes; artifacts and releases are guarded by the bucket's policy.
        Sid      = "ToolObjects"
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectTagging"]
        Resource = [for prefix in ["approvals", "artifacts", "deployments", "leases", "placeholders", "releases", "states"] : "${local.bucket_arn}/${prefix}/*"]
      },
      {
        # Terraform takes an object away with all its versions.
        Sid      = "ToolPlaceholders"
        Effect   = "Allow"
        Action   = ["s3:DeleteObjectVersion"]
        Resource = ["${local.bucket_arn}/placeholders/*"]
      },
      merge(local.bucket_key, {
        Sid    = "ToolBucketKey"
        Effect = "Allow"
        Action = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"]
      }),
      {
        # R4.1 exception: what finds what an interrupted run left behind lists by account and takes no resource.
        Sid    = "FindLeftovers"
        Effect = "Allow"
        Action = [
          "acm:ListCertificates", "cloudfront:ListCachePolicies", "cloudfront:ListDistributions", "cloudfront:ListOriginAccessControls",
          "cloudfront:ListResponseHeadersPolicies", "cognito-idp:ListUserPoolClients", "cognito-idp:ListUserPools", "kms:ListKeys",
          "tag:GetResources", "wafv2:ListWebACLs",
        ]
        Resource = "*"
      },
    ]

    network = [
      {
        # R4.1 exception: EC2's describing actions take no resource.
        Sid    = "NetworkReads"
        Effect = "Allow"
        Action = [
          "ec2:DescribeAccountAttributes", "ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute", "ec2:DescribeAvailabilityZones", "ec2:DescribeFlowLogs",
          "ec2:DescribeInternetGateways", "ec2:DescribeNatGateways", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribePrefixLists",
          "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeTags",
          "ec2:DescribeVpcEndpointServices", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcs",
        ]
        Resource = "*"
      },
      {
        Sid    = "NetworkWrites"
        Effect = "Allow"
        Action = [
          "ec2:AllocateAddress", "ec2:AssociateRouteTable", "ec2:AttachInternetGateway", "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress",
          "ec2:CreateFlowLogs", "ec2:CreateInternetGateway", "ec2:CreateNatGateway", "ec2:CreateRoute", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup",
          "ec2:CreateSubnet", "ec2:CreateTags", "ec2:CreateVpc", "ec2:CreateVpcEndpoint", "ec2:DeleteNetworkInterface", "ec2:DeleteRoute", "ec2:DeleteTags",
          "ec2:DescribeVpcAttribute", "ec2:DetachInternetGateway", "ec2:DetachNetworkInterface", "ec2:DisassociateAddress", "ec2:DisassociateRouteTable",
          "ec2:ModifySecurityGroupRules", "ec2:ModifySubnetAttribute", "ec2:ModifyVpcAttribute", "ec2:ModifyVpcEndpoint", "ec2:ReplaceRoute",
          "ec2:ReplaceRouteTableAssociation", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
          "ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        ]
        Resource = local.arns.network
      },
      {
        # Ids only, so the Name tag says whose they are.
        Sid    = "NetworkDeletes"
        Effect = "Allow"
        Action = [
          "ec2:DeleteFlowLogs", "ec2:DeleteInternetGateway", "ec2:DeleteNatGateway", "ec2:DeleteRouteTable", "ec2:DeleteSecurityGroup",
          "ec2:DeleteSubnet", "ec2:DeleteVpc", "ec2:DeleteVpcEndpoints", "ec2:ReleaseAddress",
        ]
        Resource  = local.arns.network
        Condition = local.own_by_tag
      },
      {
        Sid      = "PrivateNamesOfEndpoints"
        Effect   = "Allow"
        Action   = ["route53:AssociateVPCWithHostedZone"]
        Resource = local.arns.records
      },
    ]

    data = [
      {
        Sid    = "DatabaseReads"
        Effect = "Allow"
        Action = [
          "rds:DescribeDBClusterParameterGroups", "rds:DescribeDBClusterParameters", "rds:DescribeDBClusterSnapshotAttributes", "rds:DescribeDBClusterSnapshots",
          "rds:DescribeDBClusters", "rds:DescribeDBInstances", "rds:DescribeDBParameterGroups", "rds:DescribeDBSubnetGroups", "rds:DescribeGlobalClusters",
          "rds:ListTagsForResource",
        ]
        Resource = ["${local.regional.rds}*", "${local.global.rds}global-cluster:*"]
      },
      {
        Sid    = "Database"
        Effect = "Allow"
        Action = [
          "rds:AddTagsToResource", "rds:CreateDBCluster", "rds:CreateDBClusterParameterGroup", "rds:CreateDBClusterSnapshot", "rds:CreateDBInstance", "rds:CreateDBSubnetGroup",
          "rds:DeleteDBCluster", "rds:DeleteDBClusterParameterGroup", "rds:DeleteDBClusterSnapshot", "rds:DeleteDBInstance", "rds:DeleteDBSubnetGroup",
          "rds:ModifyDBCluster", "rds:ModifyDBClusterParameterGroup", "rds:ModifyDBInstance", "rds:ModifyDBSubnetGroup", "rds:RebootDBInstance",
          "rds:RemoveTagsFromResource", "rds:ResetDBClusterParameterGroup",
        ]
        Resource = local.arns.databases
      },
      {
        Sid    = "Secrets"
        Effect = "Allow"
        Action = [
          "secretsmanager:CancelRotateSecret", "secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
          "secretsmanager:ListSecretVersionIds", "secretsmanager:PutSecretValue", "secretsmanager:RestoreSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource",
          "secretsmanager:UntagResource", "secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = local.arns.secrets
      },
      {
        # RDS makes and changes the master user's secret in the caller's name.
        Sid      = "SecretsOfRds"
        Effect   = "Allow"
        Action   = ["secretsmanager:CancelRotateSecret", "secretsmanager:CreateSecret", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:RotateSecret", "secretsmanager:TagResource"]
        Resource = local.arns.managed_secrets
      },
      {
        # The provider reads the value of a version that it manages, whatever it
        # keeps of it; and the tool tells Slack. No other value is readable.
        Sid      = "SecretValues"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [for secret in ["jwt-key", "slack-webhook"] : "${local.regional.secretsmanager}secret:${var.name}/${secret}-??????"]
      },
      {
        # R4.1 exception: GetRandomPassword takes no resource; it makes the JWT key.
        Sid      = "RandomPassword"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetRandomPassword"]
        Resource = "*"
      },
    ]

    keys = [
      {
        # R4.1 exception: a key has no ARN before it is made, and ListAliases takes no resource.
        Sid      = "NewKeys"
        Effect   = "Allow"
        Action   = ["kms:CreateKey", "kms:ListAliases"]
        Resource = "*"
      },
      {
        # Not by tag: KMS takes minutes to heed the tags of a new key.
        Sid    = "Keys"
        Effect = "Allow"
        Action = [
          "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus",
          "kms:ListResourceTags", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
        ]
        Resource = concat(local.arns.aliases, local.arns.keys)
      },
      {
        Sid       = "OwnKeys"
        Effect    = "Allow"
        Action    = ["kms:CancelKeyDeletion", "kms:DisableKey", "kms:DisableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]
        Resource  = local.arns.keys
        Condition = local.own_by_tag
      },
      {
        # Services encrypt in the caller's name what he creates.
        Sid      = "KeysThroughServices"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"]
        Resource = local.arns.keys
        Condition = {
          StringLike = { "kms:ViaService" = [for service in ["lambda", "logs", "rds", "secretsmanager", "sns", "sqs", "states"] : "${service}.*.amazonaws.com"] }
        }
      },
      {
        Sid       = "GrantsForServices"
        Effect    = "Allow"
        Action    = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
        Resource  = local.arns.keys
        Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
      },
    ]
  }

  own_by_tag = { StringLike = { "aws:ResourceTag/Name" = [var.name, "${var.name}-*"] } }
}
