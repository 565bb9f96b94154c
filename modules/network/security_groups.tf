resource "aws_security_group" "functions" {
  name        = "${var.name}-functions"
  description = "Lambda functions in the private subnets"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-functions" })
}

# Security exception: HTTPS to any address. Bedrock, SES and Cognito have no
# fixed ranges, and a function can leave only through the NAT gateway or an
# endpoint.
resource "aws_vpc_security_group_egress_rule" "functions_https" {
  cidr_ipv4         = "0.0.0.0/0"
  description       = "HTTPS to AWS services"
  from_port         = 443
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.functions.id
  to_port           = 443

  tags = merge(var.tags, { Name = "${var.name}-functions-https" })
}

resource "aws_vpc_security_group_egress_rule" "functions_database" {
  description                  = "PostgreSQL to the database"
  from_port                    = 5432
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.database.id
  security_group_id            = aws_security_group.functions.id
  to_port                      = 5432

  tags = merge(var.tags, { Name = "${var.name}-functions-database" })
}

# No egress rule: Terraform removes the one that AWS adds to a new group (R1.5).
resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "Aurora cluster: PostgreSQL from the functions only"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-database" })
}

resource "aws_vpc_security_group_ingress_rule" "database_functions" {
  description                  = "PostgreSQL from the functions"
  from_port                    = 5432
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.functions.id
  security_group_id            = aws_security_group.database.id
  to_port                      = 5432

  tags = merge(var.tags, { Name = "${var.name}-database-functions" })
}
