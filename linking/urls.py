from django.urls import path

from linking.views import choose, invitation, link, me, not_me, own, sign_in, sign_out

urlpatterns = [
    path("", sign_in.sign_in_page, name="sign_in"),
    path("oidc/authenticate/", sign_in.AuthenticateView.as_view(), name="oidc_authentication_init"),
    path("oidc/callback/", sign_in.CallbackView.as_view(), name="oidc_authentication_callback"),
    path("oidc/logout/", sign_out.sign_out, name="oidc_logout"),
    path(
        "oidc/frontchannel-logout/", sign_out.frontchannel_logout, name="oidc_frontchannel_logout"
    ),
    path("oidc/backchannel-logout/", sign_out.backchannel_logout, name="oidc_backchannel_logout"),
    path("link/", link.email, name="link_email"),
    path("link/invitation/", invitation.confirm, name="link_invitation"),
    path("invitation/<str:token>/", invitation.invitation, name="invitation"),
    path("link/code/", link.code, name="link_code"),
    path("link/done/", link.done, name="link_done"),
    path("link/not-me/<str:token>/", not_me.not_me, name="link_not_me"),
    path("choose/", choose.choose, name="choose"),
    path("me/", me.me, name="me"),
    path("me/unlink/", me.unlink, name="me_unlink"),
    path("me/history/", own.history, name="me_history"),
    path("me/looks/", own.who_looked, name="me_looks"),
    path("me/data/", own.data, name="me_data"),
    path("me/data/file/", own.data_file, name="me_data_file"),
    path("me/data/page/", own.data_page, name="me_data_page"),
]
