import pytest


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    ["/search?q=%00", "/admin/catalog/problem/?status__exact=open%00", "/topics/a%00b/", "/?x=%00"],
)
def test_a_nul_byte_is_a_bad_request_everywhere(admin_client, address):
    assert admin_client.get(address).status_code == 400
