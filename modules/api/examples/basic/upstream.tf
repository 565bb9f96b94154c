# What other layers give: a function with its alias, a user pool, a key for logs.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

resource "aws_cognito_user_pool" "example" {
  name = "goal-mandala-example"
}

resource "aws_kms_key" "logs" {
  description             = "Logs of goal-mandala-example"
  deletion_window_in_days = 7
  enable_key_rotation     = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Effect    = "Allow"
        Principal = { Service = "logs.${data.aws_region.current.name}.amazonaws.com" }
        Action    = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:log-group:*" } }
      },
    ]
  })
}

resource "aws_s3_bucket" "code" {
  bucket_prefix = "goal-mandala-example-"
  force_destroy = true
}

# A zip of one file that answers 200.
resource "aws_s3_object" "code" {
  bucket         = aws_s3_bucket.code.bucket
  key            = "placeholder.zip"
  content_base64 = "UEsDBBQAAAAAAAAAIQBOA41oRgAAAEYAAAAJAAAAaW5kZXgubWpzZXhwb3J0IGNvbnN0IGhhbmRsZXIgPSBhc3luYyAoKSA9PiAoeyBzdGF0dXNDb2RlOiAyMDAsIGJvZHk6ICJ7fSIgfSk7ClBLAQIUAxQAAAAAAAAAIQBOA41oRgAAAEYAAAAJAAAAAAAAAAAAAACAAQAAAABpbmRleC5tanNQSwUGAAAAAAEAAQA3AAAAbQAAAAAA"
}

resource "aws_iam_role" "goals" {
  name = "goal-mandala-example-goals"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_lambda_function" "goals" {
  function_name = "goal-mandala-example-goals"
  handler       = "index.handler"
  publish       = true
  role          = aws_iam_role.goals.arn
  runtime       = "nodejs22.x"
  s3_bucket     = aws_s3_object.code.bucket
  s3_key        = aws_s3_object.code.key
}

resource "aws_lambda_alias" "goals" {
  name             = "live"
  function_name    = aws_lambda_function.goals.function_name
  function_version = aws_lambda_function.goals.version
}
