# Replaced by revision 2: its name differs.
resource "aws_security_group" "this" {
  name        = "${var.name}-app-${var.revision}"
  description = "Application of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-app" }
}

resource "aws_vpc_security_group_ingress_rule" "network" {
  description                  = "From the network's group"
  from_port                    = 5432
  ip_protocol                  = "tcp"
  referenced_security_group_id = var.security_group_id
  security_group_id            = aws_security_group.this.id
  to_port                      = 5432
}

resource "aws_secretsmanager_secret" "this" {
  name                    = "${var.name}/app"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id     = aws_secretsmanager_secret.this.id
  secret_string = "${var.password}:${var.revision}"
}

resource "aws_iam_role" "this" {
  name = "${var.name}-app"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_policy" "this" {
  name = "${var.name}-app"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = aws_secretsmanager_secret.this.arn
    }]
  })
}

# Replaced by revision 2, the new one before the old one goes.
resource "aws_iam_policy" "successor" {
  name = "${var.name}-app-${var.revision}"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["secretsmanager:DescribeSecret"]
      Resource = aws_secretsmanager_secret.this.arn
    }]
  })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy_attachment" "successor" {
  policy_arn = aws_iam_policy.successor.arn
  role       = aws_iam_role.this.name
}

resource "aws_iam_role_policy_attachment" "this" {
  policy_arn = aws_iam_policy.this.arn
  role       = aws_iam_role.this.name
}

resource "aws_s3_bucket" "this" {
  bucket = "${var.name}-app"
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "terraform_data" "subnets" {
  input = var.subnet_ids
}
