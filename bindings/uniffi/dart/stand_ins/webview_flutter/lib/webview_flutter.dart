// As much of the plugin as `journey_page.dart` uses: a test plays the page.

import 'package:flutter/material.dart';

enum JavaScriptMode { unrestricted }

enum NavigationDecision { navigate, prevent }

class NavigationRequest {
  const NavigationRequest({required this.url, required this.isMainFrame});
  final String url;
  final bool isMainFrame;
}

class UrlChange {
  const UrlChange({required this.url});
  final String? url;
}

class NavigationDelegate {
  NavigationDelegate({this.onNavigationRequest, this.onPageStarted, this.onUrlChange});
  final NavigationDecision Function(NavigationRequest request)? onNavigationRequest;
  final void Function(String url)? onPageStarted;
  final void Function(UrlChange change)? onUrlChange;
}

class WebViewPermissionResourceType {
  const WebViewPermissionResourceType(this.name);
  final String name;
  static const camera = WebViewPermissionResourceType('camera');
  static const microphone = WebViewPermissionResourceType('microphone');
}

class WebViewPermissionRequest {
  WebViewPermissionRequest(this.types);
  final Set<WebViewPermissionResourceType> types;
  bool? granted;
  Future<void> grant() async => granted = true;
  Future<void> deny() async => granted = false;
}

class WebViewController {
  WebViewController({this.onPermissionRequest}) {
    last = this;
  }

  /// The one that was made last.
  static late WebViewController last;

  final void Function(WebViewPermissionRequest request)? onPermissionRequest;
  late NavigationDelegate delegate;
  late Uri loaded;
  String? shown;

  Future<void> setJavaScriptMode(JavaScriptMode mode) async {}
  Future<void> setNavigationDelegate(NavigationDelegate given) async => delegate = given;
  Future<void> loadRequest(Uri uri) async {
    loaded = uri;
    shown = uri.toString();
  }

  Future<String?> currentUrl() async => shown;
}

class WebViewWidget extends Widget {
  const WebViewWidget({super.key, required this.controller});
  final WebViewController controller;
}
