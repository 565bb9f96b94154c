locals {
  bucket_arn = "arn:${local.partition}:s3:::${var.bucket_name}"

  # What a rollback goes back to. Written once, never again.
  immutable = ["${local.bucket_arn}/artifacts/*", "${local.bucket_arn}/releases/*"]
}

# The tool makes the bucket with its first statement; this resource takes the
# policy over, with that statement word for word, so that neither ever finds
# something to correct.
resource "aws_s3_bucket_policy" "this" {
  bucket = var.bucket_name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyWithoutTLS"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        # The parts of a large upload carry no condition; what completes it does.
        Sid       = "DenyOverwritingReleases"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = local.immutable
        Condition = {
          Bool = { "s3:ObjectCreationOperation" = "true" }
          Null = { "s3:if-none-match" = "true" }
        }
      },
      {
        # The tool prunes old releases: its role may hide an object, whose
        # versions stay until the bucket's lifecycle takes them.
        Sid       = "DenyDeletingReleases"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:DeleteObject"
        Resource  = local.immutable
        Condition = { ArnNotEquals = { "aws:PrincipalArn" = aws_iam_role.this["deploy"].arn } }
      },
      {
        Sid       = "DenyDestroyingReleases"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutObjectVersionAcl"]
        Resource  = local.immutable
      },
    ]
  })
}
