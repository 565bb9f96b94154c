# Building a release, which nobody has approved yet: it adds to what is stored and
# changes nothing that is there or that runs. A release is looked at when its plan is.
locals {
  release_statements = [
    {
      Sid      = "ToolBucket"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [local.bucket_arn]
    },
    {
      # Without deleting: the bucket's policy leaves that to the deploy role.
      Sid      = "Releases"
      Effect   = "Allow"
      Action   = ["s3:GetObject", "s3:PutObject"]
      Resource = local.immutable
    },
    merge(local.bucket_key, {
      Sid    = "ToolBucketKey"
      Effect = "Allow"
      Action = ["kms:Decrypt", "kms:GenerateDataKey"]
    }),
  ]
}

resource "aws_iam_policy" "release" {
  name        = "${var.name}-delivery-release"
  description = "What building releases of ${var.name} needs"
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.release_statements })

  tags = merge(var.tags, { Name = "${var.name}-delivery-release" })
}

resource "aws_iam_role_policy_attachment" "release" {
  policy_arn = aws_iam_policy.release.arn
  role       = aws_iam_role.this["release"].name
}
