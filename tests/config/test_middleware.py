import pytest


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "/admin/catalog/problem/?status__exact=open%00",
        "/admin/search/word/%00/change/",
        "/admin/catalog/catalogue/import/?catalogue=long-context%00",
    ],
)
def test_a_nul_byte_in_a_filter_is_a_bad_request(admin_client, address):
    assert admin_client.get(address).status_code == 400
