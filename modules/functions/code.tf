locals {
  # AWS tells the hash of the code in base64. Terraform has no function from
  # hexadecimal to base64: three digits are twelve bits, so two characters; the
  # 64 digits are filled up to 66, and what comes of the filling is cut off.
  base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  artifact_hashes = {
    for name, function in var.functions : name => "${substr(join("", [
      for at in range(0, 66, 3) : join("", [
        for bits in [parseint(substr("${function.artifact.sha256}00", at, 3), 16)] :
        "${substr(local.base64, floor(bits / 64), 1)}${substr(local.base64, bits % 64, 1)}"
      ])
    ]), 0, 43)}=" if function.artifact != null
  }

  placeholder_file = "${path.module}/placeholder/placeholder.zip"
  placeholder = {
    filename  = var.placeholder_bucket == null ? local.placeholder_file : null
    handler   = "index.handler"
    hash      = filebase64sha256(local.placeholder_file)
    runtime   = "nodejs22.x"
    s3_bucket = one([for object in aws_s3_object.placeholder : object.bucket])
    s3_key    = one([for object in aws_s3_object.placeholder : object.key])
  }

  # Without an artefact the placeholder: infrastructure can be made and checked
  # before the first release.
  code = {
    for name, function in var.functions : name => function.artifact == null ? local.placeholder : {
      filename  = null
      handler   = function.handler
      hash      = local.artifact_hashes[name]
      runtime   = function.runtime
      s3_bucket = function.artifact.bucket
      s3_key    = function.artifact.key
    }
  }
}

# The name of the environment is in the key: another one's destroy leaves it alone.
resource "aws_s3_object" "placeholder" {
  for_each = var.placeholder_bucket == null ? {} : { this = filesha256(local.placeholder_file) }

  bucket      = var.placeholder_bucket
  key         = "placeholders/${var.name}/${each.value}.zip"
  source      = local.placeholder_file
  source_hash = each.value

  tags = var.tags
}
