data "aws_region" "current" {}

locals {
  # Revision 2 replaces subnet b, for its range differs.
  subnets = { a = "10.9.1.0/24", b = "10.9.${var.revision + 1}.0/24" }
}

resource "aws_vpc" "this" {
  cidr_block = "10.9.0.0/16"

  tags = { Name = var.name }
}

resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-default-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "this" {
  for_each = local.subnets

  availability_zone = "${data.aws_region.current.name}a"
  cidr_block        = each.value
  vpc_id            = aws_vpc.this.id

  tags = { Name = "${var.name}-${each.key}" }
}

resource "aws_route_table" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name, Revision = var.revision }
}

resource "aws_route" "internet" {
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
  route_table_id         = aws_route_table.this.id
}

resource "aws_route_table_association" "this" {
  for_each = local.subnets

  route_table_id = aws_route_table.this.id
  subnet_id      = aws_subnet.this[each.key].id
}

resource "aws_vpc_endpoint" "s3" {
  route_table_ids   = [aws_route_table.this.id]
  service_name      = "com.amazonaws.${data.aws_region.current.name}.s3"
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.this.id

  tags = { Name = "${var.name}-s3" }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-network"
  description = "Network of ${var.name}"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-network" }
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  cidr_ipv4         = "10.9.0.0/16"
  description       = "HTTPS"
  from_port         = 443
  ip_protocol       = "tcp"
  security_group_id = aws_security_group.this.id
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "all" {
  cidr_ipv4         = "0.0.0.0/0"
  description       = "Anywhere"
  ip_protocol       = "-1"
  security_group_id = aws_security_group.this.id
}

# Revision 1 has one address, revision 2 has two others.
resource "aws_eip" "this" {
  for_each = toset(var.revision == 1 ? ["one"] : ["two", "three"])

  domain = "vpc"

  tags = { Name = "${var.name}-${each.key}" }
}

resource "terraform_data" "wait" {
  count = var.wait_seconds > 0 ? 1 : 0

  input = aws_route_table.this.id

  provisioner "local-exec" {
    command = "sleep ${var.wait_seconds}"
  }
}
