"""Fault: a distribution with a certificate of one's own says it has CloudFront's.

Evidence: CreateDistribution with ACMCertificateArn; GetDistribution answers
CloudFrontDefaultCertificate=true and CertificateSource=cloudfront beside it, so
every plan of aws_cloudfront_distribution wants to change viewer_certificate. With
CloudFront's own, AWS answers the support method vip, not sni-only.

It can go when GetDistribution answers CloudFrontDefaultCertificate=false for a
distribution with an ACM certificate.
"""

from moto.cloudfront.models import ViewerCertificate


def apply():
    construct = ViewerCertificate.__init__

    def __init__(self, config):
        construct(self, config)
        own = self.acm_certificate_arn or self.iam_certificate_id
        self.cloud_front_default_certificate = not own
        if own:
            self.certificate = own
            self.certificate_source = "acm" if self.acm_certificate_arn else "iam"
            return
        self.minimum_protocol_version = "TLSv1"
        self.ssl_support_method = "vip"
        # AWS leaves the elements of the others out.
        self.acm_certificate_arn = self.iam_certificate_id = self.certificate = None

    ViewerCertificate.__init__ = __init__
