resource "aws_vpc_endpoint" "gateway" {
  for_each = var.gateway_endpoints

  route_table_ids   = [for table in aws_route_table.private : table.id]
  service_name      = "com.amazonaws.${data.aws_region.current.name}.${each.key}"
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_security_group" "endpoints" {
  for_each = length(var.interface_endpoints) > 0 ? toset(["this"]) : toset([])

  name        = "${var.name}-endpoints"
  description = "Interface endpoints: HTTPS from the functions only"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-endpoints" })
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_functions" {
  for_each = aws_security_group.endpoints

  description                  = "HTTPS from the functions"
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.functions.id
  security_group_id            = each.value.id
  to_port                      = 443

  tags = merge(var.tags, { Name = "${var.name}-endpoints-functions" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints

  private_dns_enabled = true
  security_group_ids  = [for group in aws_security_group.endpoints : group.id]
  service_name        = "com.amazonaws.${data.aws_region.current.name}.${each.key}"
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  vpc_endpoint_type   = "Interface"
  vpc_id              = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
